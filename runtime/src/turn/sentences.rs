//! What the machine says by itself. Each says whether anything was done.

pub(super) const DENIED: &str = "Okay, I won't. Nothing was done.";
pub(super) const NO_ANSWER: &str = "I didn't hear a yes, so I did nothing.";
pub(super) const UNCLEAR: &str = "I couldn't tell whether that was a yes, so I did nothing.";
pub(super) const WITHDRAWN: &str =
    "That can't be approved any more, so nothing was done. Please ask me again.";
pub(super) const STOPPED: &str = "Okay, I stopped. Nothing was done.";
pub(super) const DISMISSED: &str = "Okay.";
pub(super) const NOT_HEARD: &str = "Sorry, I couldn't make that out. Please say it again.";
pub(super) const NOT_PLANNED: &str =
    "Sorry, I couldn't work that out, so nothing was done. Please try again.";
pub(super) const TOO_SLOW: &str = "Sorry, that took too long, so I stopped. Nothing was done.";
pub(super) const NOT_CHANGED: &str = "I didn't get what to change, so nothing was done. Please ask me again.";
pub(super) const STILL_WORKING: &str = "I'm still working on that. I'll come to it next.";
pub(super) const STILL_WORKING_FULL: &str = "I'm still working on that. Please ask me again when I'm done.";
pub(super) const STOPPING: &str = "I'm trying to stop it.";
pub(super) const NO_WORD: &str =
    "I haven't heard back, so I don't know whether it was done. Please check before you try again.";
