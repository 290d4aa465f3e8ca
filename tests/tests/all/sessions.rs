//! Several people at once, on engines that they share.

use std::{collections::BTreeSet, time::Duration};

use homepilot::{app::MOST_SESSIONS, client::Client, session::Output, turn::State};
use homepilot_tests::{
    server::Server,
    speaking::{Person, silence, spoken},
};
use tokio::task::JoinSet;

/// Each asks for something else: the word that tells them apart, and the sentence.
const REQUESTS: [(&str, &str); 4] = [
    ("garden", "Remind me to water the garden tomorrow at noon."),
    ("plumber", "Remind me to call the plumber tomorrow at noon."),
    ("laundry", "Remind me to fold the laundry tomorrow at noon."),
    ("dentist", "Remind me to visit the dentist tomorrow at noon."),
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

/// What twenty people want to buy.
const WARES: [&str; 20] = [
    "bread", "milk", "butter", "cheese", "apples", "coffee", "sugar", "pepper", "honey", "carrots", "lemons",
    "soap", "candles", "flowers", "onions", "rice", "pasta", "eggs", "salt", "tea",
];

/// Has a task written down by typed words: what was asked about, and what came of the yes.
async fn buys(mut client: Client, ware: &str) -> (String, String) {
    client.push_to_talk(false).await.unwrap();
    client.say(&format!("put buy {ware} on my to do list")).await.unwrap();
    let mut asked = String::new();
    loop {
        let event = client.next().await.unwrap().expect("the session goes on");
        match event["type"].as_str().unwrap_or_default() {
            "homepilot.question" => {
                asked = event["arguments"].to_string();
                client.say("yes").await.unwrap();
            }
            "homepilot.outcome" => return (asked, event["state"].as_str().unwrap_or_default().to_owned()),
            "error" => panic!("{event}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_people_as_many_as_there_is_room_for_are_served_and_the_others_are_told() {
    let server = Server::start().await.unwrap();
    let address = server.at.runtime.to_string();
    let (mut served, mut turned_away) = (JoinSet::new(), Vec::new());
    for ware in WARES {
        match Client::connect(&address, "assistant").await {
            Ok(client) => drop(served.spawn(async move { (ware, buys(client, ware).await) })),
            Err(error) => turned_away.push(error.to_string()),
        }
    }
    assert_eq!((served.len(), turned_away.len()), (MOST_SESSIONS, WARES.len() - MOST_SESSIONS));
    for message in turned_away {
        assert!(message.contains("close one and connect again"), "{message}");
    }
    let served = tokio::time::timeout(Duration::from_secs(180), served.join_all()).await.expect("none hangs");
    for (ware, (asked, state)) in served {
        assert!(asked.contains(ware) && state == "succeeded", "{ware}: {state}, {asked}");
    }
    for count in ["select count(*) from tasks", "select count(distinct text) from tasks"] {
        assert_eq!(server.home.count(count).await.unwrap(), MOST_SESSIONS as i64, "{count}");
    }
    // Who comes after somebody has left is let in.
    server.get_until("/v1/agentic/status", |status| status["sessions"] == 0).await.unwrap();
    Client::connect(&address, "assistant").await.unwrap();
}
