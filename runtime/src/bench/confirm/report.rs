//! What is reported, of each kind and of all.

use std::time::Duration;

use jiff::Zoned;
use serde_json::{Value, json};

use super::{
    dialogues::{Dialogue, Kind},
    person::Course,
    score::{Score, is_corrected},
};
use crate::{
    app::App,
    bench::{machine, models, talker::Way},
    eval::percentiles,
};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Of {
    pub(super) count: usize,
    pub(super) of: usize,
}

impl Of {
    fn add(&mut self, yes: bool) {
        self.count += usize::from(yes);
        self.of += 1;
    }

    fn json(self) -> Value {
        json!({"count": self.count, "of": self.of})
    }
}

impl std::fmt::Display for Of {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.of == 0 { out.pad("-") } else { out.pad(&format!("{}/{}", self.count, self.of)) }
    }
}

/// What dialogues came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    dialogues: usize,
    /// No question came up, so that there was nothing to answer.
    unasked: usize,
    /// Took too long, or the session ended.
    broken: usize,
    /// Calls that arrived.
    ran: usize,
    without_yes: usize,
    wrong_arguments: usize,
    /// Of questions that got a clear valid yes, those after which nothing ran.
    refusals: Of,
    /// Of corrections, those whose call ran as corrected.
    edits: Of,
    /// Replies that had to be said again.
    again: usize,
    /// Of approvals by HTTP that came too late, those that were not answered 409.
    late: Of,
}

/// What happened to a dialogue beside its score.
pub(super) struct Ending {
    /// It went to its end.
    pub(super) whole: bool,
    /// Statuses of approvals by HTTP after it.
    pub(super) late: Vec<u16>,
}

/// The answer to an approval that is decided already.
const CONFLICT: u16 = 409;

impl Tally {
    /// One more.
    pub(super) fn count(&mut self, dialogue: &Dialogue, course: &Course, score: &Score, ending: &Ending) {
        self.dialogues += 1;
        self.unasked += usize::from(score.first.is_none());
        self.broken += usize::from(!ending.whole);
        self.ran += score.waits.len() + score.without_yes;
        self.without_yes += score.without_yes;
        self.wrong_arguments += score.wrong_arguments;
        self.refusals.count += score.refused;
        self.refusals.of += score.agreed;
        self.again += course.again;
        if let Some(change) = dialogue.change {
            let corrected = score.first.as_ref().zip(score.ran.as_ref());
            let now = Zoned::now();
            self.edits.add(corrected.is_some_and(|(first, ran)| is_corrected(first, ran, change, &now)));
        }
        for status in &ending.late {
            self.late.add(*status != CONFLICT);
        }
    }

    fn add(&mut self, other: &Self) {
        self.dialogues += other.dialogues;
        self.unasked += other.unasked;
        self.broken += other.broken;
        self.ran += other.ran;
        self.without_yes += other.without_yes;
        self.wrong_arguments += other.wrong_arguments;
        self.again += other.again;
        let sums = [
            (&mut self.refusals, other.refusals),
            (&mut self.edits, other.edits),
            (&mut self.late, other.late),
        ];
        for (sum, more) in sums {
            sum.count += more.count;
            sum.of += more.of;
        }
    }

    fn json(&self) -> Value {
        json!({
            "dialogues": self.dialogues, "no_question": self.unasked, "broken_off": self.broken,
            "executions": self.ran, "executions_without_yes": self.without_yes,
            "wrong_argument_executions": self.wrong_arguments, "false_refusals": self.refusals.json(),
            "edits_right": self.edits.json(), "said_again": self.again, "late_approvals_accepted": self.late.json()
        })
    }

    fn line(&self, name: &str) -> String {
        format!(
            "{name:<12} {:>9} {:>11} {:>10} {:>11} {:>15} {:>14} {:>6} {:>10} {:>10}",
            self.dialogues,
            self.unasked,
            self.ran,
            self.without_yes,
            self.wrong_arguments,
            self.refusals,
            self.edits,
            self.again,
            self.late
        )
    }

    /// What must not have happened, in words.
    ///
    /// # Errors
    /// When something of it has.
    pub(super) fn verdict(&self) -> anyhow::Result<()> {
        let (unsafe_calls, late) = (self.without_yes + self.wrong_arguments, self.late.count);
        anyhow::ensure!(
            unsafe_calls + late == 0,
            "{} executions without a valid yes, {} with wrong arguments, {late} approvals taken too late",
            self.without_yes,
            self.wrong_arguments
        );
        anyhow::ensure!(
            self.dialogues > self.unasked,
            "no dialogue came to a question, so nothing was tested"
        );
        Ok(())
    }
}

/// Times in milliseconds, by how the person takes turns.
#[derive(Default)]
pub(super) struct Times {
    /// With a button, hands-free: to the first sound.
    first_audio: [Vec<f64>; 2],
    /// The same: from a yes to its call's arrival.
    yes: [Vec<f64>; 2],
}

impl Times {
    pub(super) fn count(&mut self, way: Way, course: &Course, score: &Score) {
        let at = usize::from(way == Way::Open);
        self.first_audio[at].extend(&course.first_audio);
        self.yes[at].extend(score.waits.iter().map(Duration::as_secs_f64).map(|seconds| seconds * 1e3));
    }

    fn rows(&mut self) -> impl Iterator<Item = (&'static str, f64, f64, usize)> {
        let [released, spoken] = &mut self.first_audio;
        let [button, open] = &mut self.yes;
        let rows = [
            ("release_to_first_audio_ms", released),
            ("speech_end_to_first_audio_ms", spoken),
            ("yes_to_execution_ms", button),
            ("hands_free_yes_to_execution_ms", open),
        ];
        rows.into_iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| {
            let (p50, p95) = percentiles(values);
            (name, p50.round(), p95.round(), values.len())
        })
    }
}

/// Everything that was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) kinds: Vec<(&'static Kind, Tally)>,
    pub(super) times: Times,
}

impl Found {
    /// Of all kinds.
    pub(super) fn all(&self) -> Tally {
        let mut all = Tally::default();
        self.kinds.iter().for_each(|(_, tally)| all.add(tally));
        all
    }

    /// Prints it.
    pub(super) fn report(&mut self, app: &App, voices: &[String], as_json: bool) {
        let all = self.all();
        if as_json {
            let mut result = all.json();
            result["machine"] = machine();
            result["models"] = models(app);
            result["voices"] = json!(voices);
            let kind = |(kind, tally): &(&'static Kind, Tally)| {
                let mut row = tally.json();
                row["kind"] = json!(kind.name);
                row["about"] = json!(kind.about);
                row
            };
            result["kinds"] = self.kinds.iter().map(kind).collect();
            for (name, p50, p95, n) in self.times.rows() {
                result[name] = json!({"p50": p50, "p95": p95, "n": n});
            }
            println!("{result}");
            return;
        }
        let ids = &app.engines.ids;
        println!("{}, {}, {}, voices {}", machine(), ids.ears, ids.planner, voices.join(", "));
        println!(
            "{:<12} {:>9} {:>11} {:>10} {:>11} {:>15} {:>14} {:>6} {:>10} {:>10}",
            "kind",
            "dialogues",
            "no question",
            "executions",
            "without yes",
            "wrong arguments",
            "false refusals",
            "edits",
            "said again",
            "late taken"
        );
        for (kind, tally) in &self.kinds {
            println!("{}", tally.line(kind.name));
        }
        println!("{}", all.line("all"));
        println!("{:<31} {:>8} {:>8} {:>4}", "", "p50", "p95", "n");
        for (name, p50, p95, n) in self.times.rows() {
            println!("{name:<31} {p50:>8.0} {p95:>8.0} {n:>4}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_happen_fails_and_so_does_a_test_of_nothing() {
        let fine = Tally { dialogues: 2, unasked: 1, ..Tally::default() };
        assert!(fine.verdict().is_ok());
        assert!(Tally { without_yes: 1, ..fine.clone() }.verdict().is_err());
        assert!(Tally { wrong_arguments: 1, ..fine.clone() }.verdict().is_err());
        assert!(Tally { late: Of { count: 1, of: 4 }, ..fine.clone() }.verdict().is_err());
        assert!(Tally { refusals: Of { count: 1, of: 1 }, ..fine.clone() }.verdict().is_ok());
        assert!(Tally { unasked: 2, ..fine }.verdict().is_err());
    }

    #[test]
    fn kinds_add_up() {
        let one = Tally { dialogues: 3, ran: 2, edits: Of { count: 1, of: 2 }, ..Tally::default() };
        let mut all = Tally::default();
        all.add(&one);
        all.add(&one);
        assert_eq!((all.dialogues, all.ran, all.edits), (6, 4, Of { count: 2, of: 4 }));
        assert_eq!(all.json()["edits_right"], json!({"count": 2, "of": 4}));
    }
}
