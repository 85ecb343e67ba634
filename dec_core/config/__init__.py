"""What a run is: `RunConfig`, one frozen, validated record, JSON in and out; its fields as data: `dec_core.fields`."""

from dec_core.config.applicability import APPLIES, applies
from dec_core.config.field_types import AUTO, BUNDLED, GROUPS, OWN_DATA, whole_numbers
from dec_core.config.run_config import ConfigError, RunConfig, problems_of, unknown_field

__all__ = [
    "APPLIES",
    "AUTO",
    "BUNDLED",
    "GROUPS",
    "OWN_DATA",
    "ConfigError",
    "RunConfig",
    "applies",
    "problems_of",
    "unknown_field",
    "whole_numbers",
]
