//! The conversations of an agent that are open, one for each contextId. Those that rest make room for others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::{
    conversation::{Conversation, Handle, Load, Order},
    mind::Mind,
    tasks::Tasks,
};

/// Conversations of one agent at once.
pub const MOST: usize = 16;

/// Begins the agent's side of a conversation with this id, or says why that can't be.
pub(super) type Begin = Box<dyn Fn(&str) -> Result<Box<dyn Mind>, String> + Send + Sync>;

/// The open conversations of one agent.
pub(super) struct Conversations {
    begin: Begin,
    tasks: Tasks,
    tracker: TaskTracker,
    known: Mutex<HashMap<String, (Instant, Handle)>>,
}

/// A way into a conversation.
pub(super) enum Way {
    /// It was open already.
    GoesOn(mpsc::Sender<Order>),
    /// It begins with this.
    Begins(mpsc::Sender<Order>),
}

/// No conversation can be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// All are at work.
    #[error(
        "{MOST} conversations are at work already, which is as many as I can hold: try again when one is over"
    )]
    Busy,
    /// It can't begin.
    #[error("{0}")]
    CanNotBegin(String),
}

impl Conversations {
    pub fn new(begin: Begin, tasks: Tasks, tracker: TaskTracker) -> Arc<Self> {
        Arc::new(Self { begin, tasks, tracker, known: Mutex::default() })
    }

    /// The conversation `context`; begins it if need be.
    pub fn find(&self, context: &str) -> Result<Way, Refused> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, handle)| !handle.orders.is_closed());
        if let Some((used, handle)) = known.get_mut(context) {
            *used = Instant::now();
            return Ok(Way::GoesOn(handle.orders.clone()));
        }
        if let Some(old) = make_room(&known)? {
            known.remove(&old);
        }
        let mind = (self.begin)(context).map_err(Refused::CanNotBegin)?;
        let (conversation, inbox, handle) = Conversation::new(mind, context.to_owned(), self.tasks.clone());
        self.tracker.spawn(conversation.run(inbox));
        let orders = handle.orders.clone();
        known.insert(context.to_owned(), (Instant::now(), handle));
        Ok(Way::Begins(orders))
    }

    /// The conversation `context`, if it is open.
    pub fn open(&self, context: &str) -> Option<mpsc::Sender<Order>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(context).map(|(_, handle)| handle.orders.clone())
    }

    /// Whether a message of this conversation would find a place.
    pub fn has_room(&self, context: Option<&str>) -> Result<(), Refused> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, handle)| !handle.orders.is_closed());
        if context.is_some_and(|context| known.contains_key(context)) {
            return Ok(());
        }
        make_room(&known).map(drop)
    }
}

/// Which conversation has to go so that another may come: none while there is room, else the one that rests longest.
fn make_room(known: &HashMap<String, (Instant, Handle)>) -> Result<Option<String>, Refused> {
    if known.len() < MOST {
        return Ok(None);
    }
    let resting = known.iter().filter(|(_, (_, handle))| *handle.load.borrow() == Load::Rests);
    let oldest = resting.min_by_key(|(_, (used, _))| *used);
    oldest.map(|(context, _)| Some(context.clone())).ok_or(Refused::Busy)
}
