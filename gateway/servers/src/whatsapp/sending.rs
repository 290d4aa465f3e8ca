//! Sending one message: who, whether they may be written to freely, and once.

use jiff::{SignedDuration, Timestamp, Zoned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::contact::{LONGEST_NAME, Person};
use super::graph::GraphError;
use super::message::{LONGEST_TEXT, Message, Standing};
use super::output::Sent;
use super::server::{CallError, LOST, WhatsApp, shown};
use super::spoken;
use super::store::{Asked, Begun, Draft};
use super::template::{self, LONGEST_VALUE, MOST_VALUES, Template};
use super::tools::LONGEST_LANGUAGE;
use crate::answered::Answer;
use crate::arguments::{ArgumentError, Arguments};

/// How long after a message of theirs somebody may be written to freely.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// What is sent.
#[derive(Debug, Clone)]
enum Content {
    Text(String),
    Template(Template),
}

impl Content {
    fn body(&self) -> Value {
        match self {
            Content::Text(text) => json!({"type": "text", "text": {"preview_url": false, "body": text}}),
            Content::Template(template) => template.content(),
        }
    }

    fn shown(&self) -> String {
        match self {
            Content::Text(text) => text.clone(),
            Content::Template(template) => template.shown(),
        }
    }
}

/// Sends a message, or says what became of it if its key has sent it before.
pub(super) async fn send(
    whatsapp: &WhatsApp,
    arguments: &Arguments,
    asked: Asked,
    now: &Zoned,
) -> Result<Answer, CallError> {
    let store = &whatsapp.parts.store;
    if let Some(answer) = store.answered(&asked).await? {
        return Ok(answer);
    }
    let content = content(arguments, &whatsapp.parts.options.language)?;
    let person = whatsapp.who(&arguments.text("to", LONGEST_NAME)?).await?;
    let free = matches!(content, Content::Text(_));
    let open = !free || is_open(whatsapp, &person, now.timestamp()).await?;
    let draft = Draft { id: Uuid::now_v7().to_string(), person: person.id.clone(), text: content.shown() };
    let errand = Errand { whatsapp: whatsapp.clone(), draft, person, content };
    if !open {
        // What the same key has begun counts, whether they may be written to by now or not.
        return match store.begun(&asked).await? {
            Some(before) => errand.again(&before),
            None => Err(CallError::Closed { name: errand.person.name() }),
        };
    }
    // It goes on to its end if the caller leaves: a message is not sent by halves.
    let sent = whatsapp.parts.sending.spawn(async move { errand.deliver(&asked).await });
    sent.await.unwrap_or(Err(CallError::Torn))
}

/// One message on its way to one person.
struct Errand {
    whatsapp: WhatsApp,
    draft: Draft,
    person: Person,
    content: Content,
}

impl Errand {
    async fn deliver(&self, asked: &Asked) -> Result<Answer, CallError> {
        let Errand { draft, .. } = self;
        let store = &self.whatsapp.parts.store;
        if let Begun::Before(message) = store.begin(draft, asked).await? {
            return self.again(&message);
        }
        match self.whatsapp.parts.graph.send(&draft.person, self.content.body(), &draft.id).await {
            Ok(taken) => {
                let answer = self.answer(Some(taken.wamid.clone()), Standing::Accepted)?;
                if let Err(problem) = store.accepted(draft, &taken, asked, &answer).await {
                    tracing::error!(%problem, "a WhatsApp message was sent and could not be noted as such");
                }
                Ok(answer)
            }
            Err(GraphError::Lost) => self.told(store.lost(draft).await?, None, None),
            Err(problem @ (GraphError::Unreachable(_) | GraphError::Refused(_))) => {
                store.withdraw(draft).await?;
                Err(problem.into())
            }
        }
    }

    /// What is known of a message whose key comes again.
    fn again(&self, before: &Message) -> Result<Answer, CallError> {
        match before.standing {
            Standing::Sending => Err(CallError::OnItsWay),
            other => self.told(other, before.wamid.clone(), before.trouble.clone()),
        }
    }

    fn told(
        &self,
        standing: Standing,
        wamid: Option<String>,
        trouble: Option<String>,
    ) -> Result<Answer, CallError> {
        match standing {
            Standing::Sending | Standing::Unknown | Standing::Unread => Err(CallError::Unknown(LOST)),
            Standing::Failed => {
                Err(CallError::Failed(trouble.unwrap_or_else(|| "WhatsApp could not deliver it".to_owned())))
            }
            Standing::Accepted | Standing::Sent | Standing::Delivered | Standing::Read => {
                Ok(self.answer(wamid, standing)?)
            }
        }
    }

    fn answer(&self, id: Option<String>, standing: Standing) -> Result<Answer, serde_json::Error> {
        let heard = self.whatsapp.parts.options.webhook.is_some();
        let text = spoken::sent(&self.person.name(), standing, heard);
        let sent = Sent { id, to: shown(&self.person), text: self.draft.text.clone(), standing };
        Answer::new(text, &sent)
    }
}

/// Whether they may be written to freely. Without a webhook nobody knows, and WhatsApp is left to say.
async fn is_open(whatsapp: &WhatsApp, person: &Person, now: Timestamp) -> Result<bool, CallError> {
    if whatsapp.parts.options.webhook.is_none() {
        return Ok(true);
    }
    let heard_at = whatsapp.parts.store.standpoint(&person.id).await?.heard_at;
    Ok(heard_at.is_some_and(|heard_at| now.duration_since(heard_at) < WINDOW))
}

fn content(arguments: &Arguments, usual_language: &str) -> Result<Content, CallError> {
    let message = message(arguments)?;
    let values = arguments.texts("values", 0..=MOST_VALUES, LONGEST_VALUE)?;
    let language = arguments.optional_text("language", LONGEST_LANGUAGE)?;
    let Some(said) = arguments.optional_text("template", template::LONGEST_NAME)? else {
        return match (values, language) {
            (None, None) => Ok(Content::Text(message)),
            _ => Err(CallError::NoTemplate),
        };
    };
    let name = template::name(&said).ok_or(CallError::Template(said))?;
    let language = language.unwrap_or_else(|| usual_language.to_owned());
    if !template::is_language(&language) {
        return Err(CallError::Language(language));
    }
    // A place in a template takes no line breaks.
    let place = || arguments.text("message", LONGEST_VALUE);
    let values = values.map_or_else(|| place().map(|value| vec![value]), Ok)?;
    Ok(Content::Template(Template { name, language, values }))
}

/// What to say, with its line breaks.
fn message(arguments: &Arguments) -> Result<String, ArgumentError> {
    let name = "message";
    let given = arguments.string(name)?.ok_or(ArgumentError::Missing { name, wanted: "a string" })?;
    let text = given.replace(|c: char| c.is_control() && c != '\n', " ").trim().to_owned();
    match text.chars().count() {
        0 => Err(ArgumentError::Empty { name }),
        length if length > LONGEST_TEXT => Err(ArgumentError::Long { name, length, longest: LONGEST_TEXT }),
        _ => Ok(text),
    }
}
