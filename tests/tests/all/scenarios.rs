//! Conversations from the first word to the last, spoken and heard: follow-ups, corrections, several steps, details that are
//! missing, what fails and what is called off. Every line is said by a voice, heard by whisper, planned by the small
//! planner, and the yes is a spoken one. What counts is in the journal and in the database.

use homepilot_tests::{
    program::homepilot,
    server::{PLANNER, Server},
};

/// A conversation, and what must have come of it.
struct Scenario {
    /// What the person says, line by line; each waits for the end of the reply or for the question.
    said: &'static [&'static str],
    /// What the persona must have said, in lower case.
    told: &'static [&'static str],
    /// What it must not have said.
    untold: &'static [&'static str],
    /// Counts of the database afterwards.
    kept: &'static [(&'static str, i64)],
    /// How many questions were put.
    asked: usize,
}

const NONE: Scenario = Scenario { said: &[], told: &[], untold: &[], kept: &[], asked: 0 };

const YES: &str = "Yes, please.";
const NO: &str = "No, don't.";

/// Everything is said to one program, in this order, each conversation in a session of its own.
const SCENARIOS: &[Scenario] = &[
    // Two steps, each asked about by itself.
    Scenario {
        said: &["Add a task to buy milk, and then remind me to call Anna tomorrow at noon.", YES, YES],
        told: &["milk", "anna"],
        kept: &[
            ("select count(*) from tasks where text like '%milk%'", 1),
            ("select count(*) from reminders where text like '%Anna%'", 1),
        ],
        asked: 2,
        ..NONE
    },
    // A no to the second step leaves the first one done.
    Scenario {
        said: &["Add a task to feed the cat, and then remind me to call Peter tomorrow at noon.", YES, NO],
        told: &["cat"],
        kept: &[
            ("select count(*) from tasks where text like '%cat%'", 1),
            ("select count(*) from reminders where text like '%Peter%'", 0),
        ],
        asked: 2,
        ..NONE
    },
    // A first step that is refused ends the request.
    Scenario {
        said: &[
            "Please add a task to paint the fence, and then remind me to call Thomas tomorrow at noon.",
            NO,
        ],
        kept: &[
            ("select count(*) from tasks where text like '%fence%'", 0),
            ("select count(*) from reminders where text like '%Thomas%'", 0),
        ],
        told: &["thomas"],
        asked: 1,
        ..NONE
    },
    // A second step that fails is told.
    Scenario {
        said: &["List my tasks, and then complete the task about the moon.", YES, YES],
        told: &["that didn't work", "moon"],
        asked: 2,
        ..NONE
    },
    // A correction of the question.
    Scenario {
        said: &["Remind me to water the garden tomorrow at five.", "No, make it six.", YES],
        told: &["five", "six"],
        kept: &[("select count(*) from reminders where text like '%garden%'", 1)],
        asked: 2,
        ..NONE
    },
    // Called off while it is asked.
    Scenario {
        said: &["Remind me to bake bread tomorrow at noon.", "Never mind."],
        told: &["nothing was done"],
        kept: &[("select count(*) from reminders where text like '%bread%'", 0)],
        asked: 1,
        ..NONE
    },
    // Called off after it was done: the tool that undoes it is asked about.
    Scenario {
        said: &["Remind me to fix the bicycle tomorrow at noon.", YES, "Cancel that.", YES],
        told: &["bicycle"],
        kept: &[("select count(*) from reminders where text like '%bicycle%' and fired_at is null", 0)],
        asked: 2,
        ..NONE
    },
    // A follow-up of a question about a day.
    Scenario {
        said: &["What is on my schedule tomorrow?", YES, "And the day after?", YES],
        told: &["schedule"],
        asked: 2,
        ..NONE
    },
    // A moment that is missing is asked for, and the answer completes the request.
    Scenario {
        said: &["Remind me to visit the dentist.", "Tomorrow at noon.", YES],
        told: &["when", "dentist"],
        kept: &[("select count(*) from reminders where text like '%dentist%'", 1)],
        asked: 1,
        ..NONE
    },
    // Thanks call for nothing.
    Scenario { said: &["Thank you very much."], untold: &["shall i"], asked: 0, ..NONE },
    // Nor does a yes to nothing.
    Scenario { said: &["Yes."], untold: &["shall i"], asked: 0, ..NONE },
    // What one step found fills the next.
    Scenario {
        said: &[
            "Put lunch with Peter on my schedule tomorrow at noon.",
            YES,
            "What is on my schedule tomorrow?",
            YES,
        ],
        told: &["peter"],
        kept: &[("select count(*) from schedule_entries where title like '%Peter%'", 1)],
        asked: 2,
        ..NONE
    },
    // Three steps.
    Scenario {
        said: &[
            "Add a task to call the bank, then add a task to sell the sofa, and then remind me to lock the door tomorrow at noon.",
            YES,
            YES,
            YES,
        ],
        kept: &[
            ("select count(*) from tasks where text like '%bank%'", 1),
            ("select count(*) from tasks where text like '%sofa%'", 1),
            ("select count(*) from reminders where text like '%door%'", 1),
        ],
        asked: 3,
        ..NONE
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn conversations_come_to_what_was_said() {
    let server = Server::start().await.unwrap();
    let port = server.at.runtime.port().to_string();
    let mut wrong = Vec::new();
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        let mut files = Vec::new();
        for (line, words) in scenario.said.iter().enumerate() {
            files.push(server.recording(&format!("{number}-{line}"), words).await.unwrap());
        }
        let mut arguments = vec!["--model", PLANNER, "ask"];
        for (line, file) in files.iter().enumerate() {
            arguments.extend([if line == 0 { "--audio" } else { "--then" }, file.to_str().unwrap()]);
        }
        let ended = homepilot(&server.home, &[("HOMEPILOT_PORTS_RUNTIME", &port)], &arguments).await.unwrap();
        let told = ended.said.to_lowercase();
        let mut faults = Vec::new();
        let asked = told.matches("shall i?").count();
        if asked != scenario.asked {
            faults.push(format!("{asked} questions instead of {}", scenario.asked));
        }
        faults.extend(
            scenario.told.iter().filter(|t| !told.contains(**t)).map(|t| format!("{t:?} was not told")),
        );
        faults
            .extend(scenario.untold.iter().filter(|t| told.contains(**t)).map(|t| format!("{t:?} was told")));
        for (query, wanted) in scenario.kept {
            let count = server.home.count(query).await.unwrap();
            if count != *wanted {
                faults.push(format!("{query}: {count} instead of {wanted}"));
            }
        }
        if !faults.is_empty() {
            wrong.push(format!("{:?}: {}\n{}", scenario.said, faults.join("; "), ended.said));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), SCENARIOS.len(), wrong.join("\n\n"));
}
