//! What is said and shown about models that are still to come.

use std::time::Duration;

use homepilot_models::store::Trouble;

use super::Arrival;
use crate::phrasing::capital;

/// For somebody who needs it now. `what` names the model in a sentence: "the model I think with".
pub(super) fn not_yet(what: &str, arrival: Option<&Arrival>, left: Option<Duration>) -> String {
    let begins = format!("I'm not ready yet, so nothing was done. {}", capital(what));
    match arrival {
        None => format!("{begins} is here now, and is being loaded. Please try again in a moment."),
        Some(Arrival::Failed(trouble)) => {
            format!("{begins} could not be fetched. {} I try again by myself.", cause(trouble))
        }
        Some(Arrival::Unknown | Arrival::Waiting | Arrival::Coming | Arrival::Here) => match left {
            Some(left) => format!("{begins} is still being fetched. That takes {} more.", roughly(left)),
            None => format!("{begins} is still being fetched. That has only just begun."),
        },
    }
}

fn cause(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Unreachable => "It can't be reached from this computer.",
        Trouble::NoClient { .. } => "A program that fetches it is missing on this computer.",
        Trouble::WrongBytes => "What came was damaged.",
        Trouble::DiskFull { .. } => "The disk is full.",
        Trouble::Store | Trouble::Stopped => "It could not be stored.",
    }
}

/// What happened and what to do, to be read.
pub fn advice(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Unreachable => {
            "none of its sources could be reached; is this computer online? A proxy has to be set for HomePilot too"
                .to_owned()
        }
        Trouble::NoClient { client, install } => {
            format!("{client} is not installed: install it (Debian and Ubuntu: apt install {install})")
        }
        Trouble::WrongBytes => {
            "what came was not the model: its checksum was wrong, so it was removed and is fetched anew".to_owned()
        }
        Trouble::DiskFull { needed, free } => {
            let megabytes = |bytes: &u64| bytes.div_ceil(1_000_000);
            format!(
                "the disk is full: {} MB more are needed and {} MB are free; make room, what was fetched is kept",
                megabytes(needed),
                megabytes(free)
            )
        }
        Trouble::Store => {
            "it could not be stored; “homepilot doctor” says whether the directory can be written".to_owned()
        }
        Trouble::Stopped => "it was stopped; the next start goes on from there".to_owned(),
    }
}

/// A time as people say it.
fn roughly(time: Duration) -> String {
    match time.as_secs() {
        0..45 => "less than a minute".to_owned(),
        45..90 => "about a minute".to_owned(),
        seconds @ 90..5_400 => format!("about {} minutes", (seconds + 30) / 60),
        seconds => format!("about {} hours", (seconds + 1_800) / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_long_or_why_not() {
        let what = "the model I think with";
        let say = |arrival: Arrival, left| not_yet(what, Some(&arrival), left);
        let minutes = Some(Duration::from_secs(200));
        for (said, part) in [
            (say(Arrival::Coming, minutes), "That takes about 3 minutes more."),
            (say(Arrival::Waiting, Some(Duration::from_secs(7_000))), "about 2 hours"),
            (say(Arrival::Coming, None), "only just begun"),
            (say(Arrival::Failed(Trouble::Unreachable), minutes), "I try again by myself"),
            (not_yet(what, None, None), "is being loaded"),
        ] {
            assert!(
                said.contains(part) && said.contains("nothing was done. The model I think with"),
                "{said}"
            );
        }
        let full = advice(&Trouble::DiskFull { needed: 1_500_000, free: 0 });
        assert!(full.contains("2 MB more") && full.contains("0 MB are free"), "{full}");
    }
}
