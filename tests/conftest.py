"""Profiles of hypothesis and what all tests share."""

from __future__ import annotations

import os
import signal

import matplotlib as mpl
from hypothesis import HealthCheck, settings

mpl.use("Agg")

# A shell starts its background jobs with SIGINT ignored, and what is ignored stays so in every child: the
# tests that interrupt a run would wait in vain.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# CI draws the same examples every time; a developer's run draws new ones and keeps what failed.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))
