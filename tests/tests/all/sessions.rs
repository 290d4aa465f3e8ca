//! Several people at once, on engines that they share.

use std::collections::BTreeSet;

use homepilot::{session::Output, turn::State};
use homepilot_tests::{
    server::Server,
    speaking::{Person, silence, spoken},
};
use tokio::task::JoinSet;

/// Each asks for something else: the word that tells them apart, and the sentence.
const REQUESTS: [(&str, &str); 4] = [
    ("garden", "Remind me to water the garden tomorrow at five."),
    ("plumber", "Remind me to call the plumber tomorrow at six."),
    ("laundry", "Remind me to fold the laundry tomorrow at seven."),
    ("dentist", "Remind me to visit the dentist tomorrow at eight."),
];

#[tokio::test(flavor = "multi_thread")]
async fn four_people_at_once_each_get_what_they_asked_for_once() {
    let server = Server::start().await.unwrap();
    let yes = [silence(200), spoken(&server, "Yes, please.").await.unwrap(), silence(200)].concat();
    let mut talking = JoinSet::new();
    for (word, sentence) in REQUESTS {
        let request = [silence(200), spoken(&server, sentence).await.unwrap(), silence(200)].concat();
        let (mut person, yes) = (Person::at(&server, word).unwrap(), yes.clone());
        talking.spawn(async move {
            let mut seen =
                person.says(&request, |output| matches!(output, Output::Due { .. })).await.unwrap();
            seen.extend(person.says(&yes, |o| matches!(o, Output::State(State::Idle))).await.unwrap());
            (word, seen)
        });
    }
    for (word, seen) in talking.join_all().await {
        let asked: Vec<String> = seen
            .iter()
            .filter_map(|output| match output {
                Output::Begin { asking: Some(asked), .. } => Some(asked.question.spoken.to_lowercase()),
                _ => None,
            })
            .collect();
        assert!(
            !asked.is_empty() && asked.iter().all(|question| question.contains(word)),
            "{word}: {asked:?}"
        );
        let done: Vec<_> = seen
            .iter()
            .filter_map(|output| match output {
                Output::Done(done) => Some((done.state, done.text.to_lowercase())),
                _ => None,
            })
            .collect();
        assert!(
            matches!(&done[..], [(state, text)] if *state == "succeeded" && text.contains(word)),
            "{word}: {done:?}"
        );
    }
    let audit = server.get("/v1/agentic/audit").await.unwrap();
    let entries = audit["entries"].as_array().unwrap();
    let sessions: BTreeSet<&str> = entries.iter().filter_map(|entry| entry["session"].as_str()).collect();
    assert_eq!((entries.len(), sessions.len()), (REQUESTS.len(), REQUESTS.len()), "{audit}");
    for entry in entries {
        assert_eq!(
            (entry["state"].as_str(), entry["decided_by"].as_str()),
            (Some("succeeded"), Some("voice"))
        );
    }
    let count = "select count(*) from reminders";
    assert_eq!(server.home.count(count).await.unwrap(), REQUESTS.len() as i64);
}
