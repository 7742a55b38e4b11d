"""What a page says after a form was sent: addresses carry only the code, so that nobody can put words on a page."""

from __future__ import annotations

from evenhand.server.pages.words import N_

__all__ = ["NOTICES"]

NOTICES: dict[str, str] = {
    "approve": N_("Your approval is recorded."),
    "request_changes": N_("Recorded: it went back to its author as a draft."),
    "reject": N_("Recorded: the request is rejected."),
    "comment": N_("Your comment is there for everyone to read."),
    "submit": N_("It is in review now; others are asked to look."),
    "withdraw": N_("It is withdrawn; nothing changes for customers."),
    "schedule": N_("It is scheduled and starts by itself."),
    "apply": N_("It is in force now."),
    "start": N_("The roll-out has begun."),
    "pause": N_("The roll-out is paused."),
    "resume": N_("The roll-out goes on."),
    "finish": N_("Everyone concerned has the change now."),
    "stop": N_("The roll-out is stopped; everyone has the version before."),
    "roll_back": N_("A request to go back is in review now."),
    "emergency": N_("It is undone; the version before is in force again."),
    "proposed": N_("Your change is in review now; others are asked to look."),
    "asked": N_("The plan is in review now. The policy is its author, so whoever asked for it may review it too."),
    "edited": N_("The request has its new content and is in review; earlier approvals are void."),
    "started": N_("Version 1 is in force. From now on every change takes a request that a second person approves."),
    "dropped": N_("The table is deleted; nothing of it was kept."),
    "freeze": N_("It is frozen. A second person must end it."),
    "unfreeze": N_("The freeze is over."),
    "promote": N_("It is the champion now."),
    "registered": N_("The plan is registered: data of its trial may come from now on."),
    "logged-out": N_("You are logged out."),
}
