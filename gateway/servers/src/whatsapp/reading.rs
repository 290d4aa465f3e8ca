//! Marking messages as read.

use super::contact::{LONGEST_NAME, Person};
use super::graph::GraphError;
use super::output::Marked;
use super::server::{CallError, WhatsApp, shown};
use super::spoken;
use super::store::Asked;
use crate::answered::Answer;
use crate::arguments::Arguments;

/// People whose messages are marked in one call: each takes a request.
const MOST_PEOPLE: usize = 20;

/// Marks what is unread, of one person or of everybody: WhatsApp takes the newest of each person, and with it those before.
pub(super) async fn mark(
    whatsapp: &WhatsApp,
    arguments: &Arguments,
    asked: Asked,
) -> Result<Answer, CallError> {
    let store = &whatsapp.parts.store;
    if let Some(answer) = store.answered(&asked).await? {
        return Ok(answer);
    }
    let person = match arguments.optional_text("person", LONGEST_NAME)? {
        Some(given) => Some(whatsapp.who(&given).await?),
        None => None,
    };
    let own = whatsapp.clone();
    let marked = whatsapp.parts.sending.spawn(async move { all(&own, person.as_ref(), &asked).await });
    marked.await.unwrap_or(Err(CallError::Torn))
}

async fn all(whatsapp: &WhatsApp, person: Option<&Person>, asked: &Asked) -> Result<Answer, CallError> {
    let store = &whatsapp.parts.store;
    let people = whatsapp.people().await?;
    let mut done = Marked { from: Vec::new(), messages: 0 };
    for newest in store.unread(person.map(|person| person.id.as_str())).await?.into_iter().take(MOST_PEOPLE) {
        let Some(wamid) = &newest.wamid else { continue };
        if let Err(problem) = whatsapp.parts.graph.mark_read(wamid).await {
            return Err(stopped(&done, problem));
        }
        done.messages += store.marked(&newest).await?;
        let whose = people.iter().find(|person| person.id == newest.person);
        done.from.push(whose.map_or_else(|| shown(&Person::stranger(&newest.person)), shown));
    }
    let answer = Answer::new(spoken::marked(&done, person.map(Person::name).as_deref()), &done)?;
    store.keep(asked, &answer).await?;
    Ok(answer)
}

/// Some are done and the rest is not.
fn stopped(done: &Marked, problem: GraphError) -> CallError {
    if done.from.is_empty() || matches!(problem, GraphError::Lost) {
        return problem.into();
    }
    let names = done.from.iter().map(|who| who.name.clone()).collect::<Vec<_>>().join(", ");
    CallError::Partly { names, problem: problem.to_string() }
}
