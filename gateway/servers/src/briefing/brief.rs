//! What each briefing tells: which things of which kinds, under which words.

use jiff::{ToSpan, Zoned};

use super::item::Item;
use super::source::{Kind, Period};

/// A briefing that is wanted.
#[derive(Debug, Clone)]
pub(super) enum Brief {
    Daily,
    Weekly,
    Status,
    Since(Zoned),
}

/// One group of a briefing: what it takes, and how their number is said.
pub(super) struct Rule {
    pub kinds: &'static [Kind],
    /// "One task is overdue".
    pub one: &'static str,
    /// "tasks are overdue", after their number.
    pub many: &'static str,
    takes: fn(&Item, &Period) -> bool,
}

impl Rule {
    pub fn takes(&self, item: &Item, period: &Period) -> bool {
        self.kinds.contains(&item.kind) && (self.takes)(item, period)
    }
}

impl Brief {
    /// The time it is about.
    pub fn period(&self, now: &Zoned) -> Period {
        let today = now.start_of_day().unwrap_or_else(|_| now.clone());
        let plus = |at: &Zoned, days: i64| at.checked_add(days.days()).unwrap_or_else(|_| at.clone());
        let (from, to, done) = match self {
            Brief::Daily => (today.clone(), plus(&today, 1), false),
            Brief::Weekly => (plus(&today, -7), plus(&today, 8), true),
            Brief::Status => (today.clone(), plus(&today, 8), false),
            // What is on a calendar and is new there lies ahead.
            Brief::Since(since) => (since.clone(), plus(&today, 30), true),
        };
        Period { now: now.clone(), from, to, done }
    }

    pub fn title(&self) -> &'static str {
        match self {
            Brief::Daily => "Daily digest",
            Brief::Weekly => "Weekly summary",
            Brief::Status => "Status report",
            Brief::Since(_) => "What changed",
        }
    }

    pub fn rules(&self) -> &'static [Rule] {
        match self {
            Brief::Daily => &DAILY,
            Brief::Weekly => &WEEKLY,
            Brief::Status => &STATUS,
            Brief::Since(_) => &SINCE,
        }
    }

    /// What is said when nothing is found.
    pub fn nothing(&self) -> &'static str {
        match self {
            Brief::Daily => "Nothing is planned or due today.",
            Brief::Weekly => "Nothing was done and nothing is coming up.",
            Brief::Status => "Nothing is open.",
            Brief::Since(_) => "Nothing has changed.",
        }
    }
}

const EVENTS: &[Kind] = &[Kind::Schedule, Kind::Calendar];
const TASKS: &[Kind] = &[Kind::Tasks];
const DUE: &[Kind] = &[Kind::Tasks, Kind::Reminders];
const REMINDERS: &[Kind] = &[Kind::Reminders];
const MAIL: &[Kind] = &[Kind::Mail, Kind::Messages];
const DOCUMENTS: &[Kind] = &[Kind::Documents];

static DAILY: [Rule; 6] = [
    Rule { kinds: EVENTS, one: "One thing is planned today", many: "things are planned today", takes: today },
    Rule { kinds: DUE, one: "One thing is overdue", many: "things are overdue", takes: overdue },
    Rule { kinds: TASKS, one: "One task is due today", many: "tasks are due today", takes: due_today },
    Rule {
        kinds: REMINDERS,
        one: "One reminder comes today",
        many: "reminders come today",
        takes: due_today,
    },
    Rule { kinds: MAIL, one: "One message came today", many: "messages came today", takes: added },
    Rule { kinds: DOCUMENTS, one: "One document is new", many: "documents are new", takes: added },
];

static WEEKLY: [Rule; 7] = [
    Rule {
        kinds: TASKS,
        one: "One task was done in the last seven days",
        many: "tasks were done in the last seven days",
        takes: done,
    },
    Rule { kinds: DUE, one: "One thing is overdue", many: "things are overdue", takes: overdue },
    Rule {
        kinds: EVENTS,
        one: "One thing is planned in the coming seven days",
        many: "things are planned in the coming seven days",
        takes: coming,
    },
    Rule {
        kinds: TASKS,
        one: "One task is due in the coming seven days",
        many: "tasks are due in the coming seven days",
        takes: coming,
    },
    Rule {
        kinds: REMINDERS,
        one: "One reminder comes in the coming seven days",
        many: "reminders come in the coming seven days",
        takes: coming,
    },
    Rule {
        kinds: MAIL,
        one: "One message came in the last seven days",
        many: "messages came in the last seven days",
        takes: added,
    },
    Rule { kinds: DOCUMENTS, one: "One document is new", many: "documents are new", takes: added },
];

static STATUS: [Rule; 6] = [
    Rule { kinds: DUE, one: "One thing is overdue", many: "things are overdue", takes: overdue },
    Rule { kinds: TASKS, one: "One task is open", many: "tasks are open", takes: open },
    Rule { kinds: EVENTS, one: "One thing is planned today", many: "things are planned today", takes: today },
    Rule { kinds: REMINDERS, one: "One reminder is set", many: "reminders are set", takes: open },
    Rule { kinds: MAIL, one: "One message came today", many: "messages came today", takes: added },
    Rule { kinds: DOCUMENTS, one: "One document is there", many: "documents are there", takes: any },
];

static SINCE: [Rule; 7] = [
    Rule { kinds: TASKS, one: "One task was done", many: "tasks were done", takes: done },
    Rule { kinds: TASKS, one: "One task is new", many: "tasks are new", takes: added_open },
    Rule {
        kinds: EVENTS,
        one: "One thing was newly planned",
        many: "things were newly planned",
        takes: added,
    },
    Rule { kinds: REMINDERS, one: "One reminder was set", many: "reminders were set", takes: added },
    Rule { kinds: MAIL, one: "One message came", many: "messages came", takes: added },
    Rule { kinds: DOCUMENTS, one: "One document is new", many: "documents are new", takes: added },
    Rule {
        kinds: &[Kind::Schedule, Kind::Calendar, Kind::Reminders, Kind::Tasks, Kind::Documents],
        one: "One thing was changed",
        many: "things were changed",
        takes: changed,
    },
];

fn any(_: &Item, _: &Period) -> bool {
    true
}

fn open(item: &Item, _: &Period) -> bool {
    !item.finished
}

fn today(item: &Item, period: &Period) -> bool {
    item.when.as_ref().is_some_and(|when| when.day(&period.now) == period.now.date())
}

fn overdue(item: &Item, period: &Period) -> bool {
    !item.finished && item.when.as_ref().is_some_and(|when| when.is_over(&period.now))
}

fn due_today(item: &Item, period: &Period) -> bool {
    !item.finished && today(item, period) && !overdue(item, period)
}

fn coming(item: &Item, period: &Period) -> bool {
    !item.finished && item.when.as_ref().is_some_and(|when| when.is_within(&period.now, &period.to))
}

fn done(item: &Item, period: &Period) -> bool {
    item.done.as_ref().is_some_and(|done| done.is_within(&period.from, &period.now))
}

fn added(item: &Item, period: &Period) -> bool {
    item.created.as_ref().is_some_and(|created| created.is_within(&period.from, &period.now))
}

fn added_open(item: &Item, period: &Period) -> bool {
    added(item, period) && !item.finished
}

fn changed(item: &Item, period: &Period) -> bool {
    let changed = item.changed.as_ref().is_some_and(|changed| changed.is_within(&period.from, &period.now));
    changed && !added(item, period) && !done(item, period)
}
