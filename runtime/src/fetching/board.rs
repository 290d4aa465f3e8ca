//! Which models are to come and how far each is. Pure: the clock is an argument.

use std::time::{Duration, Instant};

use homepilot_models::{
    catalog::{Entry, Kind, ModelId},
    store::{ModelState, Trouble},
};

/// Where a model is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It has not been looked for yet.
    Unknown,
    /// Others come first.
    Waiting,
    /// It is being fetched.
    Coming,
    /// It could not be had, and is tried again.
    Failed(Trouble),
    /// It is here, verified.
    Here,
}

/// One model that was missing when the program started.
#[derive(Clone, Debug)]
pub struct Coming {
    /// Its id.
    pub id: ModelId,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub kind: Kind,
    /// Where it is.
    pub arrival: Arrival,
    /// Bytes that are here.
    pub bytes: u64,
    /// Bytes of the whole download.
    pub of: u64,
}

/// How far everything is.
#[derive(Clone, Debug)]
pub struct View {
    /// What was missing at the start, in the order in which it comes.
    pub models: Vec<Coming>,
    /// How long it takes from here, where that can be told.
    pub left: Option<Duration>,
    /// When what failed is tried again.
    pub again: Option<Duration>,
}

/// All that is fetched.
#[derive(Default)]
pub(super) struct Board {
    models: Vec<Coming>,
    /// Until when nothing is tried.
    pause: Option<Instant>,
    /// Whether the next pause is to be left out.
    asked: bool,
    pace: Pace,
}

/// How fast it comes, over all that came since the start.
#[derive(Default)]
struct Pace {
    bytes: u64,
    spent: Duration,
    /// The last step of the model that is being fetched.
    last: Option<(u64, Instant)>,
}

/// Less than this says little about what is to come.
const TELLING: Duration = Duration::from_secs(2);

impl Pace {
    fn step(&mut self, done: u64, now: Instant) {
        if let Some((before, then)) = self.last.replace((done, now)) {
            self.bytes += done.saturating_sub(before);
            self.spent += now.saturating_duration_since(then);
        }
    }

    fn time_for(&self, bytes: u64) -> Option<Duration> {
        if self.spent < TELLING || self.bytes == 0 {
            return None;
        }
        let seconds = bytes as f64 * self.spent.as_secs_f64() / self.bytes as f64;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

impl Board {
    pub fn of(entries: &[&Entry]) -> Self {
        let of = |entry: &&Entry| Coming {
            id: entry.id.clone(),
            title: entry.title.clone(),
            kind: entry.kind,
            arrival: Arrival::Unknown,
            bytes: 0,
            of: entry.bytes_to_fetch(),
        };
        Self { models: entries.iter().map(of).collect(), ..Self::default() }
    }

    pub fn ids(&self) -> Vec<ModelId> {
        self.models.iter().map(|model| model.id.clone()).collect()
    }

    fn model(&mut self, id: &ModelId) -> Option<&mut Coming> {
        self.models.iter_mut().find(|model| model.id == *id)
    }

    pub fn knows(&self, id: &ModelId) -> bool {
        self.models.iter().any(|model| model.id == *id)
    }

    pub fn wants(&self, id: &ModelId) -> bool {
        self.coming(id).is_some()
    }

    /// What the store has of it. What was here all along is none of the page's business.
    pub fn found(&mut self, id: &ModelId, state: Option<ModelState>) {
        match state {
            None | Some(ModelState::Present) => self.models.retain(|model| model.id != *id),
            Some(ModelState::Missing | ModelState::Corrupt { .. }) => self.set(id, Arrival::Waiting, 0),
            Some(ModelState::Partial { have, .. }) => self.set(id, Arrival::Waiting, have),
        }
    }

    fn set(&mut self, id: &ModelId, arrival: Arrival, bytes: u64) {
        if let Some(model) = self.model(id) {
            model.arrival = arrival;
            model.bytes = bytes.min(model.of);
        }
    }

    pub fn begin(&mut self, id: &ModelId) {
        self.pace.last = None;
        if let Some(model) = self.model(id) {
            model.arrival = Arrival::Coming;
        }
    }

    pub fn step(&mut self, id: &ModelId, done: u64, now: Instant) {
        self.pace.step(done, now);
        if let Some(model) = self.model(id) {
            model.bytes = done.min(model.of);
        }
    }

    pub fn end(&mut self, id: &ModelId, arrival: Arrival) {
        if let Some(model) = self.model(id) {
            if arrival == Arrival::Here {
                model.bytes = model.of;
            }
            model.arrival = arrival;
        }
    }

    /// Nothing is tried until then, unless somebody has asked since the last pause.
    pub fn pause(&mut self, until: Instant) {
        self.pause = (!std::mem::take(&mut self.asked)).then_some(until);
    }

    /// Somebody asks for another try: now, or right after the round that is under way.
    pub fn ask(&mut self) {
        self.asked = self.pause.take().is_none();
    }

    pub fn end_pause(&mut self) {
        self.pause = None;
    }

    /// How long nothing is tried yet.
    pub fn rests(&self, now: Instant) -> Option<Duration> {
        self.pause.map(|until| until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    /// The model, unless it is here.
    pub fn coming(&self, id: &ModelId) -> Option<&Coming> {
        self.models.iter().find(|model| model.id == *id && model.arrival != Arrival::Here)
    }

    /// How long it takes until this one is here, with all that come before it.
    pub fn left(&self, id: &ModelId) -> Option<Duration> {
        let at = self.models.iter().position(|model| model.id == *id)?;
        self.pace.time_for(rest(&self.models[..=at]))
    }

    pub fn view(&self, now: Instant) -> Option<View> {
        let looked_for = |model: &&Coming| model.arrival != Arrival::Unknown;
        let known: Vec<Coming> = self.models.iter().filter(looked_for).cloned().collect();
        known.iter().find(|model| model.arrival != Arrival::Here)?;
        Some(View { models: known, left: self.pace.time_for(rest(&self.models)), again: self.rests(now) })
    }
}

fn rest(models: &[Coming]) -> u64 {
    models.iter().filter(|model| model.arrival != Arrival::Here).map(|model| model.of - model.bytes).sum()
}
