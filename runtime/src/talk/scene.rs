//! What is known of the conversation, and what each thing that happens adds to it. Pure: no terminal, no sound.

use std::time::{Duration, Instant};

use super::event::{Event, Question, State};
use crate::client::events::Turns;

/// A line that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// What the person said or typed.
    You(String),
    /// What the persona said.
    Persona(String),
    /// What happened besides.
    Note(String),
    /// What went wrong, and what to do.
    Problem(String),
}

/// A question that is open.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) question: Question,
    /// Until when, from where it has been heard.
    pub(super) until: Option<Instant>,
}

/// What is known.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) persona: String,
    pub(super) turns: Turns,
    pub(super) connected: bool,
    pub(super) state: State,
    pub(super) question: Option<Open>,
    /// What is being said: by the person, and by the persona.
    pub(super) hearing: Option<(String, String)>,
    pub(super) saying: String,
    /// Responses that have begun and not ended.
    pub(super) open: Vec<String>,
    /// Those of which nobody wants to hear the rest.
    silenced: Vec<String>,
    /// Whether words were understood since the connection was opened.
    pub(super) understood: bool,
    /// What was not done, in the last place.
    pub(super) failed: Option<String>,
}

impl Scene {
    pub(super) fn new(persona: String, turns: Turns) -> Scene {
        Scene {
            persona,
            turns,
            connected: true,
            state: State::Idle,
            question: None,
            hearing: None,
            saying: String::new(),
            open: Vec::new(),
            silenced: Vec::new(),
            understood: false,
            failed: None,
        }
    }

    /// Whether the persona has something to say, also between two clauses.
    pub(super) fn is_responding(&self) -> bool {
        self.open.iter().any(|id| !self.silenced.contains(id))
    }

    /// Whether the rest of a response is not wanted.
    pub(super) fn is_silenced(&self, response: &str) -> bool {
        self.silenced.iter().any(|id| id == response)
    }

    /// The persona is to be silent: what has begun is not heard to its end.
    pub(super) fn hush(&mut self) {
        self.silenced.clone_from(&self.open);
        self.saying.clear();
    }

    /// The server said something.
    pub(super) fn server(&mut self, now: Instant, event: &Event) -> Vec<Line> {
        match event {
            Event::Created => {
                self.connected = true;
                Vec::new()
            }
            Event::Hearing { item_id, delta } => {
                match &mut self.hearing {
                    Some((item, text)) if item == item_id => text.push_str(delta),
                    Some(_) | None => self.hearing = Some((item_id.clone(), delta.clone())),
                }
                Vec::new()
            }
            Event::Heard { item_id, transcript } => {
                drop(self.hearing.take_if(|(item, _)| item == item_id));
                let words = transcript.trim();
                self.understood |= !words.is_empty();
                if words.is_empty() { Vec::new() } else { vec![Line::You(words.to_owned())] }
            }
            Event::Unheard { error } => {
                self.hearing = None;
                vec![Line::Problem(error.message.clone())]
            }
            Event::Begun { response } => {
                self.open.push(response.id.clone());
                Vec::new()
            }
            Event::Saying { delta } => {
                self.saying.push_str(delta);
                Vec::new()
            }
            Event::Said { transcript } => {
                self.saying.clear();
                vec![Line::Persona(transcript.trim().to_owned())]
            }
            Event::Done { response } => {
                self.open.retain(|id| *id != response.id);
                self.silenced.retain(|id| *id != response.id);
                Vec::new()
            }
            Event::State { state } => {
                self.state = *state;
                Vec::new()
            }
            Event::Question(question) => {
                self.question = Some(Open { question: question.clone(), until: None });
                Vec::new()
            }
            Event::Due { approval_id, seconds } => {
                if let Some(open) = self.question.as_mut().filter(|o| o.question.approval_id == *approval_id)
                {
                    open.until = Some(now + Duration::from_secs(*seconds));
                }
                Vec::new()
            }
            Event::Closed { approval_id, decision, decided_by } => {
                drop(self.question.take_if(|open| open.question.approval_id == *approval_id));
                vec![Line::Note(format!("{decision} by {decided_by}"))]
            }
            Event::Step { number, of, text } => vec![Line::Note(format!("step {number} of {of}: {text}"))],
            Event::Outcome { state, text } => {
                let done = state == "succeeded";
                self.failed = (!done).then(|| text.clone());
                // What was done is told by the persona; what was not stays on the screen too.
                if done { Vec::new() } else { vec![Line::Note(format!("{state}: {text}"))] }
            }
            Event::Reminder { text, late } => {
                vec![Line::Note(format!("{}reminder: {text}", if *late { "late " } else { "" }))]
            }
            Event::Notice { level, message } if level == "error" => {
                self.failed = Some(message.clone());
                vec![Line::Problem(message.clone())]
            }
            Event::Notice { message, .. } => vec![Line::Note(message.clone())],
            // It ended by itself while the key asked for silence.
            Event::Error { error } if error.code.as_deref() == Some("response_cancel_not_active") => {
                Vec::new()
            }
            Event::Error { error } => {
                self.failed = Some(error.message.clone());
                vec![Line::Problem(error.message.clone())]
            }
            Event::SpeechStarted | Event::Sound { .. } | Event::SoundDone { .. } | Event::Other => Vec::new(),
        }
    }

    /// The connection is gone, and with it what was open.
    pub(super) fn lost(&mut self, why: &str, again_in: Duration) -> Vec<Line> {
        let was_connected = std::mem::replace(&mut self.connected, false);
        let asked = self.question.take().is_some();
        self.state = State::Idle;
        self.hearing = None;
        self.saying.clear();
        self.open.clear();
        self.silenced.clear();
        let mut lines = Vec::new();
        if was_connected {
            let seconds = again_in.as_secs_f32();
            lines.push(Line::Problem(format!(
                "{why}; trying again in {seconds:.1} s, and on until it is back"
            )));
        }
        if asked {
            let text = "the connection was lost before you answered, so nothing was done";
            lines.push(Line::Problem(text.to_owned()));
        }
        lines
    }

    /// The connection is open again.
    pub(super) fn back(&mut self) -> Vec<Line> {
        self.connected = true;
        vec![Line::Note("connected again".to_owned())]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(scene: &mut Scene, event: Value) -> Vec<Line> {
        scene.server(Instant::now(), &serde_json::from_value(event).unwrap())
    }

    fn scene() -> Scene {
        Scene::new("assistant".into(), Turns::PushToTalk)
    }

    fn ask(scene: &mut Scene) {
        told(
            scene,
            json!({
                "type": "homepilot.question", "approval_id": "a1", "question": "Shall I?", "server": "assistant",
                "action": "set_reminder", "title": "Set a reminder", "expires_at": "", "seconds": 120,
                "arguments": [{"name": "text", "label": "text", "value": "water the garden"}]
            }),
        );
    }

    #[test]
    fn words_grow_while_they_are_heard_and_stay_when_they_are_complete() {
        let mut scene = scene();
        let kind = "conversation.item.input_audio_transcription";
        for delta in ["remind me", " to water"] {
            let event = json!({"type": format!("{kind}.delta"), "item_id": "i1", "delta": delta});
            assert_eq!(told(&mut scene, event), []);
        }
        assert_eq!(scene.hearing.as_ref().map(|(_, text)| text.as_str()), Some("remind me to water"));
        let event =
            json!({"type": format!("{kind}.completed"), "item_id": "i1", "transcript": " Remind me. "});
        assert_eq!(told(&mut scene, event), [Line::You("Remind me.".into())]);
        assert!(scene.hearing.is_none() && scene.understood);
    }

    #[test]
    fn nothing_understood_is_no_line_and_no_turn() {
        let mut scene = scene();
        let kind = "conversation.item.input_audio_transcription.completed";
        assert_eq!(told(&mut scene, json!({"type": kind, "item_id": "i", "transcript": " "})), []);
        assert!(!scene.understood);
    }

    #[test]
    fn a_question_counts_down_from_where_it_was_heard_and_closes() {
        let mut scene = scene();
        ask(&mut scene);
        assert!(scene.question.as_ref().is_some_and(|open| open.until.is_none()));
        told(&mut scene, json!({"type": "homepilot.question_due", "approval_id": "other", "seconds": 20}));
        assert!(scene.question.as_ref().is_some_and(|open| open.until.is_none()));
        told(&mut scene, json!({"type": "homepilot.question_due", "approval_id": "a1", "seconds": 20}));
        assert!(scene.question.as_ref().is_some_and(|open| open.until.is_some()));
        let closed = json!({
            "type": "homepilot.question_closed", "approval_id": "a1", "decision": "approved", "decided_by": "voice"
        });
        assert_eq!(told(&mut scene, closed), [Line::Note("approved by voice".into())]);
        assert!(scene.question.is_none());
    }

    #[test]
    fn what_was_silenced_is_silent_until_it_ends() {
        let mut scene = scene();
        let response = |status: &str| json!({"id": "r1", "status": status});
        told(&mut scene, json!({"type": "response.created", "response": response("in_progress")}));
        assert!(scene.is_responding());
        scene.hush();
        assert!(!scene.is_responding() && scene.is_silenced("r1"));
        told(&mut scene, json!({"type": "response.done", "response": response("cancelled")}));
        assert!(!scene.is_silenced("r1"));
    }

    #[test]
    fn a_lost_connection_says_once_that_nothing_was_done() {
        let mut scene = scene();
        ask(&mut scene);
        let lines = scene.lost("the connection was lost: reset", Duration::from_millis(500));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(matches!(&lines[1], Line::Problem(text) if text.contains("nothing was done")));
        assert_eq!(scene.lost("still nobody", Duration::from_secs(1)), []);
        assert_eq!(scene.back(), [Line::Note("connected again".into())]);
    }

    #[test]
    fn what_went_wrong_is_kept_and_what_nobody_asked_for_passed_over() {
        let mut scene = scene();
        let outcome = json!({"type": "homepilot.outcome", "state": "failed", "text": "I could not."});
        assert_eq!(told(&mut scene, outcome), [Line::Note("failed: I could not.".into())]);
        assert_eq!(scene.failed.as_deref(), Some("I could not."));
        assert_eq!(told(&mut scene, json!({"type": "a.newer.event", "more": [1]})), []);
        let late = json!({"type": "error", "error": {"code": "response_cancel_not_active", "message": "no"}});
        assert_eq!(told(&mut scene, late), []);
    }
}
