"""Conditions: what an expression asks of an item. Each decides, says where it held, or why it did not."""
