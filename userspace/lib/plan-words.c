// SPDX-License-Identifier: GPL-2.0-only
/* What a plan says, in words. */
#include "plan.h"

const char *suture_action_name(enum suture_action action)
{
	static const char *const names[] = {
		[SUTURE_ACTION_LEAVE] = "leave", [SUTURE_ACTION_APPLY] = "apply",
		[SUTURE_ACTION_REVERT] = "revert", [SUTURE_ACTION_REPLACE] = "replace",
		[SUTURE_ACTION_PROMOTE] = "promote",
	};

	return (unsigned int)action < sizeof(names) / sizeof(*names) ? names[action] : "unknown";
}

const char *suture_why_name(enum suture_why why)
{
	static const char *const names[] = {
		[SUTURE_WHY_APPLIED] = "applied", [SUTURE_WHY_APPLYING] = "applying",
		[SUTURE_WHY_REVERTING] = "reverting", [SUTURE_WHY_CANARY] = "canary",
		[SUTURE_WHY_QUIET] = "quiet", [SUTURE_WHY_NEW] = "new",
		[SUTURE_WHY_INSTALLED] = "installed",
		[SUTURE_WHY_VERSION] = "new-version", [SUTURE_WHY_CHANGED] = "changed",
		[SUTURE_WHY_VARIANT] = "variant", [SUTURE_WHY_RETIRING] = "retiring",
		[SUTURE_WHY_RETIRED] = "retired", [SUTURE_WHY_SUPERSEDED] = "superseded",
		[SUTURE_WHY_BY_HAND] = "by-hand", [SUTURE_WHY_AVAILABLE] = "available",
		[SUTURE_WHY_HELD] = "held", [SUTURE_WHY_REMOVED] = "removed",
		[SUTURE_WHY_EXCLUDED] = "excluded", [SUTURE_WHY_NO_TARGET] = "no-target",
		[SUTURE_WHY_OTHER_BUILD] = "other-build", [SUTURE_WHY_GONE] = "gone",
		[SUTURE_WHY_OLDER] = "older", [SUTURE_WHY_BAD] = "bad",
		[SUTURE_WHY_REVOKED] = "revoked",
		[SUTURE_WHY_REFUSED] = "refused", [SUTURE_WHY_UNUSABLE] = "unusable",
	};

	return (unsigned int)why < sizeof(names) / sizeof(*names) ? names[why] : "unknown";
}

const char *suture_why_text(enum suture_why why)
{
	static const char *const texts[] = {
		[SUTURE_WHY_CANARY] = "the canaries have it; the other processes get it when it was quiet for a while",
		[SUTURE_WHY_NEW] = "about to be applied",
		[SUTURE_WHY_INSTALLED] = "about to be applied again",
		[SUTURE_WHY_VERSION] = "about to be replaced by a newer version",
		[SUTURE_WHY_CHANGED] = "about to be replaced by another file of this version",
		[SUTURE_WHY_VARIANT] = "about to be replaced by the variant for the build that is here now",
		[SUTURE_WHY_RETIRING] = "the installed package is newer; processes that run the old one keep the patch until they end",
		[SUTURE_WHY_RETIRED] = "the installed package is newer, and nobody runs the one that the patch is for",
		[SUTURE_WHY_SUPERSEDED] = "another patch takes its place",
		[SUTURE_WHY_BY_HAND] = "loaded by hand from elsewhere: the service leaves it alone",
		[SUTURE_WHY_AVAILABLE] = "automatic installation is off: `suture apply' installs it",
		[SUTURE_WHY_HELD] = "reverted by hand: not applied again before the next boot, or `suture restore'",
		[SUTURE_WHY_REMOVED] = "removed from this machine by hand: `suture restore' brings it back",
		[SUTURE_WHY_EXCLUDED] = "excluded by the configuration or the policy",
		[SUTURE_WHY_NO_TARGET] = "what it is for is not on this machine",
		[SUTURE_WHY_OTHER_BUILD] = "for another build than the one that is installed",
		[SUTURE_WHY_GONE] = "its file is gone",
		[SUTURE_WHY_OLDER] = "a newer version was applied on this machine before: `suture restore' forgets that",
		[SUTURE_WHY_BAD] = "it did harm on this machine: a newer version is waited for, or `suture restore'",
		[SUTURE_WHY_REVOKED] = "revoked by a signed list: it is not applied any more",
		[SUTURE_WHY_REFUSED] = "the kernel does not take its file",
		[SUTURE_WHY_UNUSABLE] = "its file cannot be used",
	};

	return (unsigned int)why < sizeof(texts) / sizeof(*texts) && texts[why] ? texts[why] : "";
}
