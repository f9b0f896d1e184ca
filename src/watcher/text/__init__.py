"""Characters → Text: reading HTML, folding, tokens, word edges, language, inflection.

`read` takes HTML, `plain_text` takes text without markup, `fold` prepares a term.
"""

from watcher.text.folding import fold, fold_cased
from watcher.text.markup import given_range
from watcher.text.reading import ReadText, plain_text, read, sentence_spans

__all__ = ["ReadText", "fold", "fold_cased", "given_range", "plain_text", "read", "sentence_spans"]
