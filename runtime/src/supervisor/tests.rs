use std::future::{pending, ready};

use super::*;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdin(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn an_end_that_somebody_meant_is_passed_on() {
    for (script, code) in [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143)] {
        let mut starts = 0;
        let start = |_| {
            starts += 1;
            shell(script)
        };
        assert_eq!(watch_over(start, pending(), LONGEST_STOP).await.unwrap(), code, "{script}");
        assert_eq!(starts, 1, "{script}");
    }
}

#[tokio::test]
async fn a_crash_is_started_again_and_the_next_is_told_of_it() {
    let mut told = Vec::new();
    let scripts = ["kill -SEGV $$", "kill -KILL $$", "exit 101", "exit 0"];
    let start = |ended_before| {
        told.push(ended_before);
        shell(scripts[told.len() - 1])
    };
    assert_eq!(watch_over(start, pending(), LONGEST_STOP).await.unwrap(), 0);
    let endings = [Ending::Crashed("SIGSEGV"), Ending::Killed, Ending::Panicked];
    assert_eq!(told, [None, Some(endings[0]), Some(endings[1]), Some(endings[2])]);
    for ending in endings {
        assert_eq!(Ending::named(ending.name()), Some(ending), "it survives the variable");
    }
    assert_eq!(Ending::named(""), None);
    assert!(Ending::Killed.to_string().contains("--model small"));
}

#[tokio::test]
async fn what_crashes_again_and_again_is_left_alone() {
    let mut starts = 0;
    let start = |_| {
        starts += 1;
        shell("kill -ABRT $$")
    };
    assert_eq!(watch_over(start, pending(), LONGEST_STOP).await.unwrap(), 1);
    assert_eq!(starts, MOST_RESTARTS + 1);
}

#[tokio::test]
async fn a_child_is_told_to_stop_by_the_end_of_its_pipe() {
    let start = |_| shell("cat > /dev/null; exit 7");
    assert_eq!(watch_over(start, ready(()), LONGEST_STOP).await.unwrap(), 7);
}

#[tokio::test]
async fn a_child_that_does_not_stop_is_ended() {
    let start = |_| shell("exec sleep 600");
    assert_eq!(watch_over(start, ready(()), Duration::from_millis(50)).await.unwrap(), 1);
}

#[test]
fn without_a_supervisor_only_a_signal_stops_it() {
    let alone = Watched::by(None).unwrap();
    assert!(alone.ended_before.is_none() && !alone.stop.is_cancelled());
}
