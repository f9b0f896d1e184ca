"""Who is told what, and when: pure decisions on alerts and their deliveries.

`plan` turns an alert into one delivery a channel; `release` is asked again at the moment of sending;
`after_failure` says what becomes of a delivery that failed; `escalations` tells a second channel.
Nothing is ever dropped: what may not leave now waits in a batch and leaves as one message.
"""

from watcher.alerts.body import body as body
from watcher.alerts.body import reminder as reminder
from watcher.alerts.health import UNHEARD as UNHEARD
from watcher.alerts.health import disk_full as disk_full
from watcher.alerts.health import disk_key as disk_key
from watcher.alerts.health import disk_well as disk_well
from watcher.alerts.health import health as health
from watcher.alerts.health import heard_again as heard_again
from watcher.alerts.health import listeners as listeners
from watcher.alerts.health import together as together
from watcher.alerts.health import unheard as unheard
from watcher.alerts.health import unheard_key as unheard_key
from watcher.alerts.plan import GATHER as GATHER
from watcher.alerts.plan import counted_since as counted_since
from watcher.alerts.plan import delivery_key as delivery_key
from watcher.alerts.plan import escalations as escalations
from watcher.alerts.plan import plan as plan
from watcher.alerts.plan import release as release
from watcher.alerts.policy import SEVERITIES as SEVERITIES
from watcher.alerts.policy import AtMost as AtMost
from watcher.alerts.policy import ChannelPolicy as ChannelPolicy
from watcher.alerts.policy import Digest as Digest
from watcher.alerts.policy import QuietHours as QuietHours
from watcher.alerts.policy import parse_at_most as parse_at_most
from watcher.alerts.policy import parse_digest as parse_digest
from watcher.alerts.policy import parse_quiet_hours as parse_quiet_hours
from watcher.alerts.retry import LONGEST_RETRY_AFTER as LONGEST_RETRY_AFTER
from watcher.alerts.retry import GivenUp as GivenUp
from watcher.alerts.retry import Held as Held
from watcher.alerts.retry import Postponed as Postponed
from watcher.alerts.retry import Trouble as Trouble
from watcher.alerts.retry import after_failure as after_failure
from watcher.alerts.retry import after_one_more as after_one_more
from watcher.alerts.retry import of_all as of_all
from watcher.alerts.retry import rest_after as rest_after
from watcher.alerts.schedule import digest_slot as digest_slot
from watcher.alerts.schedule import quiet_until as quiet_until
