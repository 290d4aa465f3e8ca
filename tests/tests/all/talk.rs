//! `homepilot talk` with a sound system of its own: what is fed into the microphone, what leaves the loudspeaker, and
//! what is in the database afterwards.

use homepilot_tests::{
    program::homepilot,
    server::{Home, Server},
    sound::Sound,
    talking::{Talking, recording},
};

const REMINDERS: &str = "select count(*) from reminders";
const QUESTION: &str = "Remind me to water the garden tomorrow at five.";

#[tokio::test(flavor = "multi_thread")]
async fn one_turn_is_a_spoken_question_a_spoken_yes_and_the_spoken_result() {
    let server = Server::start().await.unwrap();
    let question = server.recording("question", QUESTION).await.unwrap();
    let yes = server.recording("yes", "Yes, please.").await.unwrap();
    let sound = Sound::start(server.home.path()).await.unwrap();
    let loudspeaker = sound.record().unwrap();
    let port = server.at.runtime.port();
    let mut talking = Talking::start(&server.home, &sound, port, &["--once"]).unwrap();
    talking.says("(speak)").await.unwrap();
    sound.feed(&question).await.unwrap();
    talking.says("(say yes, no or a change").await.unwrap();
    sound.feed(&yes).await.unwrap();
    let ended = talking.ended().await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.said);
    let said = ended.said.to_lowercase();
    assert!(said.contains("you: remind me to water the garden tomorrow at"), "{}", ended.said);
    assert!(said.contains("you: yes, please") && said.contains("approved by voice"), "{}", ended.said);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{}", ended.said);
    let file = recording(&server.home);
    loudspeaker.save(&file).await.unwrap();
    let heard = server.heard_in(&file).await.unwrap();
    // Once in the question and once in the result; whisper may lose a word as short as "done".
    let told = ["set a reminder", "remind you"].iter().all(|words| heard.contains(words));
    assert!(heard.matches("garden").count() >= 2 && told, "{heard:?}\n{}", ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn space_is_tapped_a_question_answered_with_a_key_and_the_terminal_given_back() {
    let server = Server::start().await.unwrap();
    let question = server.recording("question", QUESTION).await.unwrap();
    let sound = Sound::start(server.home.path()).await.unwrap();
    let mut talking = Talking::at_a_terminal(&server.home, &sound, server.at.runtime.port()).unwrap();
    talking.says("ready").await.unwrap();
    talking.keys(" ").await.unwrap();
    talking.says("listening").await.unwrap();
    sound.feed(&question).await.unwrap();
    talking.keys(" ").await.unwrap();
    talking.says("y yes   n no   e change").await.unwrap();
    talking.keys("y").await.unwrap();
    talking.says("approved by screen").await.unwrap();
    talking.says("ready").await.unwrap();
    talking.keys("q").await.unwrap();
    let ended = talking.ended().await.unwrap();
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{}", ended.said);
    let settings = |when: &str| ended.said.split(when).nth(1).and_then(|rest| rest.lines().next());
    assert!(settings("before ").is_some_and(|before| settings("after ") == Some(before)), "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_vanishes_is_said_and_opened_again() {
    let server = Server::start().await.unwrap();
    let hello = server.recording("hello", "Which reminders do I have?").await.unwrap();
    let mut sound = Sound::start(server.home.path()).await.unwrap();
    let port = server.at.runtime.port();
    let arguments = ["--hands-free", "--microphone", "booth"];
    let mut talking = Talking::start(&server.home, &sound, port, &arguments).unwrap();
    talking.says("microphone: Booth microphone").await.unwrap();
    talking.says("(speak)").await.unwrap();
    sound.pull_out().await.unwrap();
    talking.says("until then it is tried every second").await.unwrap();
    sound.plug_in().await.unwrap();
    talking.says("the microphone is back").await.unwrap();
    sound.feed(&hello).await.unwrap();
    // It came through the device that is back; the first word may be another after that.
    talking.says("reminders do I have").await.unwrap();
    talking.terminate().await.unwrap();
    let ended = talking.ended().await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_itself_it_waits_for_a_turn_and_says_that_none_came() {
    let home = Home::new().unwrap();
    let sound = Sound::start(home.path()).await.unwrap();
    let talking = Talking::start(&home, &sound, 0, &["--once", "--wait", "1"]).unwrap();
    let ended = talking.ended().await.unwrap();
    assert_eq!(ended.code, 1, "{}", ended.said);
    assert!(ended.said.contains("starting one for this conversation"), "{}", ended.said);
    assert!(ended.said.contains("nobody was understood in time"), "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_listed_and_what_is_missing_is_said_before_anything_starts() {
    let home = Home::new().unwrap();
    let sound = Sound::start(home.path()).await.unwrap();
    let with = sound.variables();
    let variables: Vec<(&str, &str)> = with.iter().map(|(key, at)| (*key, at.to_str().unwrap())).collect();
    let listed = homepilot(&home, &variables, &["talk", "--devices"]).await.unwrap();
    assert_eq!(listed.code, 0, "{}", listed.said);
    assert!(listed.said.contains("Booth microphone  (booth)"), "{}", listed.said);

    let unknown = homepilot(&home, &variables, &["talk", "--once", "--microphone", "trumpet"]).await.unwrap();
    assert_eq!(unknown.code, 1, "{}", unknown.said);
    assert!(unknown.said.contains("there is no microphone \"trumpet\""), "{}", unknown.said);

    let no_keys = homepilot(&home, &variables, &["talk"]).await.unwrap();
    assert!(no_keys.said.contains("use --hands-free or --once"), "{}", no_keys.said);
}
