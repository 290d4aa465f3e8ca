//! The scheduler with a clock that the test sets and listeners that it sends in and out.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use jiff::tz::TimeZone;
use rmcp::model::CallToolResult;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{Notify, mpsc};

use super::*;
use crate::Clock;
use crate::assistant::server::Assistant;
use crate::assistant::tests::locked;
use crate::assistant::tools::Name;
use crate::serving::{Call, Toolset};

/// Wednesday, ten in the morning; the clocks go forward on Sunday.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

/// Somebody who listens, or does not.
#[derive(Debug)]
struct Ears {
    listens: AtomicBool,
    arrived: Notify,
    /// Every alert that was offered, taken or not.
    offered: mpsc::Sender<String>,
    told: Mutex<Vec<Alert>>,
    /// Locks this database while somebody is told.
    locks: Mutex<Option<std::path::PathBuf>>,
    lock: tokio::sync::Mutex<Option<SqliteConnection>>,
}

#[async_trait]
impl Alerts for Ears {
    async fn tell(&self, alert: Alert) -> Told {
        self.offered.send(alert.spoken.clone()).await.unwrap();
        if !self.listens.load(Ordering::SeqCst) {
            return Told::Nobody;
        }
        self.told.lock().unwrap().push(alert);
        let path = self.locks.lock().unwrap().take();
        if let Some(path) = path {
            *self.lock.lock().await = Some(locked(&path).await);
        }
        Told::Somebody
    }

    async fn listener(&self) {
        self.arrived.notified().await;
    }
}

impl Ears {
    fn come(&self) {
        self.listens.store(true, Ordering::SeqCst);
        self.arrived.notify_waiters();
    }

    fn spoken(&self) -> Vec<String> {
        self.told.lock().unwrap().iter().map(|alert| alert.spoken.clone()).collect()
    }
}

struct World {
    folder: tempfile::TempDir,
    /// Seconds since 1970.
    clock: Arc<AtomicI64>,
    ears: Arc<Ears>,
    offered: mpsc::Receiver<String>,
    assistant: Assistant,
}

fn world(listens: bool) -> World {
    let folder = tempfile::tempdir().unwrap();
    let (sender, offered) = mpsc::channel(100);
    let ears = Arc::new(Ears {
        listens: AtomicBool::new(listens),
        arrived: Notify::new(),
        offered: sender,
        told: Mutex::new(Vec::new()),
        locks: Mutex::new(None),
        lock: tokio::sync::Mutex::new(None),
    });
    let clock = Arc::new(AtomicI64::new(NOW.parse::<Zoned>().unwrap().timestamp().as_second()));
    let assistant = Assistant::new(options(&folder.path().join("h.db"), &clock));
    World { folder, clock, ears, offered, assistant }
}

fn options(database: &Path, clock: &Arc<AtomicI64>) -> Options {
    let clock = Arc::clone(clock);
    Options {
        zone: Some(TimeZone::get("America/New_York").unwrap()),
        clock: Clock::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap()),
        busy_timeout: Duration::from_millis(100),
        ..Options::new(database)
    }
}

impl World {
    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("h.db")
    }

    fn scheduler(&self, cancel: &CancellationToken) -> Scheduler {
        self.scheduler_on(self.assistant.store(), cancel)
    }

    fn scheduler_on(&self, store: Arc<Store>, cancel: &CancellationToken) -> Scheduler {
        let options = options(&self.database(), &self.clock);
        let alerts: Arc<dyn Alerts> = self.ears.clone();
        Scheduler::new(store, options, alerts, cancel.clone())
    }

    async fn call(&self, tool: Name, arguments: Value) -> String {
        let arguments = arguments.as_object().cloned();
        let call = Call { arguments, key: None, meta: Default::default(), cancel: CancellationToken::new() };
        let result: CallToolResult = self.assistant.call(tool, call).await.unwrap();
        result.content[0].as_text().unwrap().text.clone()
    }

    async fn remind(&self, text: &str, when: &str) {
        self.call(Name::SetReminder, json!({"text": text, "when": when})).await;
    }

    async fn reminders(&self) -> String {
        self.call(Name::ListReminders, json!({})).await
    }

    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    fn set(&self, at: &str) {
        self.clock.store(at.parse::<Zoned>().unwrap().timestamp().as_second(), Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_reminder_is_told_when_it_is_due_and_once() {
    let world = world(true);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    assert_eq!(scheduler.look().await, LOOK_AGAIN, "nothing is due");
    world.remind("Call my mom.", "in twenty minutes").await;
    assert_eq!(scheduler.look().await, LOOK_AGAIN, "it sleeps half a minute at the most");
    world.pass(20 * 60 - 7);
    assert_eq!(scheduler.look().await, Duration::from_secs(7), "it sleeps until the next one is due");
    assert!(world.ears.spoken().is_empty());
    world.pass(7);
    scheduler.look().await;
    scheduler.look().await;
    assert_eq!(world.ears.spoken(), ["Reminder: Call your mom."]);
    let alert = world.ears.told.lock().unwrap()[0].clone();
    assert_eq!((alert.late, alert.missed, alert.text.as_str()), (Timeliness::OnTime, 0, "Call my mom."));
    assert_eq!(alert.due.to_string(), "2026-03-04T10:20:00-05:00[America/New_York]");
    assert_eq!(world.reminders().await, "You have no reminders.");
}

#[tokio::test]
async fn what_nobody_heard_stays_due_and_is_told_late() {
    let world = world(false);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    world.remind("call my mom", "in twenty minutes").await;
    world.remind("water the plants", "in half an hour").await;
    world.pass(20 * 60);
    assert_eq!(scheduler.look().await, LOOK_AGAIN);
    world.pass(90);
    assert_eq!(
        world.reminders().await,
        "You have two reminders: call your mom, overdue since ten twenty a.m. today; and water the plants, today at \
         ten thirty a.m."
    );
    scheduler.look().await;
    world.ears.come();
    scheduler.look().await;
    assert_eq!(
        world.ears.spoken(),
        ["This is a late reminder, it was for ten twenty a.m. today: call your mom."]
    );
    assert_eq!(world.ears.told.lock().unwrap()[0].late, Timeliness::Late);
    assert_eq!(world.reminders().await, "You have one reminder: water the plants, today at ten thirty a.m.");
}

#[tokio::test]
async fn a_minute_is_no_delay() {
    let world = world(true);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    world.remind("one", "in twenty minutes").await;
    world.pass(20 * 60 + 60);
    scheduler.look().await;
    world.remind("two", "in twenty minutes").await;
    world.pass(20 * 60 + 61);
    scheduler.look().await;
    assert_eq!(
        world.ears.spoken(),
        ["Reminder: one.", "This is a late reminder, it was for ten forty-one a.m. today: two."]
    );
}

#[tokio::test]
async fn two_programs_on_one_database_tell_each_reminder_once() {
    let world = world(true);
    let cancel = CancellationToken::new();
    for number in 0..30 {
        world.remind(&format!("thing {number}"), "in twenty minutes").await;
    }
    world.pass(20 * 60);
    let second = Arc::new(Store::new(&world.database(), Duration::from_secs(5)));
    let (mut one, mut other) = (world.scheduler(&cancel), world.scheduler_on(second, &cancel));
    tokio::join!(one.look(), other.look());
    // Whoever was refused by the other's lock looks again.
    one.look().await;
    other.look().await;
    let mut spoken = world.ears.spoken();
    spoken.sort();
    spoken.dedup();
    assert_eq!((spoken.len(), world.ears.told.lock().unwrap().len()), (30, 30));
}

#[tokio::test]
async fn a_claim_of_a_killed_program_holds_a_reminder_up_for_the_lease_alone() {
    let world = world(true);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    world.remind("call mom", "in twenty minutes").await;
    world.pass(20 * 60);
    let store = world.assistant.store();
    let now = scheduler.options.clock.now();
    let killed = Lease { holder: "killed", from: now, until: now.saturating_add(LEASE).unwrap() };
    let row = store.due(&killed, 1).await.unwrap().remove(0);
    assert!(store.claim(&row, &killed).await.unwrap());
    assert_eq!(scheduler.look().await, Duration::from_secs(10), "until the lease ends");
    assert!(world.ears.spoken().is_empty());
    world.pass(10);
    scheduler.look().await;
    assert_eq!(world.ears.spoken(), ["Reminder: call mom."]);
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_make_a_claim_last() {
    let world = world(true);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    world.remind("call mom", "in twenty minutes").await;
    world.pass(24 * 60 * 60);
    let store = world.assistant.store();
    let now = scheduler.options.clock.now();
    let killed = Lease { holder: "killed", from: now, until: now.saturating_add(LEASE).unwrap() };
    let row = store.due(&killed, 1).await.unwrap().remove(0);
    assert!(store.claim(&row, &killed).await.unwrap());
    world.pass(-23 * 60 * 60);
    scheduler.look().await;
    assert_eq!(world.ears.told.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_told_and_could_not_be_written_is_not_told_again() {
    let world = world(true);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    world.remind("call mom", "in twenty minutes").await;
    world.pass(20 * 60);
    *world.ears.locks.lock().unwrap() = Some(world.database());
    assert_eq!(scheduler.look().await, LOOK_AGAIN);
    world.pass(60);
    scheduler.look().await;
    assert_eq!(world.ears.spoken(), ["Reminder: call mom."], "told, and the database is locked");
    world.ears.lock.lock().await.take().unwrap().close().await.unwrap();
    scheduler.look().await;
    scheduler.look().await;
    assert_eq!(world.ears.spoken(), ["Reminder: call mom."]);
    assert_eq!(world.reminders().await, "You have no reminders.");
}

#[tokio::test]
async fn missed_times_of_a_repetition_are_counted_and_told_once() {
    let world = world(false);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    world.remind("take my pills", "every day at nine in the morning").await;
    // Thursday to Sunday: four times, the last on the day the clocks change.
    world.set("2026-03-08T12:00:00-04:00[America/New_York]");
    scheduler.look().await;
    world.ears.come();
    scheduler.look().await;
    scheduler.look().await;
    assert_eq!(
        world.ears.spoken(),
        [
            "This is a late reminder, it was for nine a.m. today: take your pills. You missed it three times before."
        ]
    );
    assert_eq!(world.ears.told.lock().unwrap()[0].missed, 3);
    assert_eq!(
        world.reminders().await,
        "You have one reminder: take your pills, every day at nine a.m., next tomorrow at nine a.m."
    );
    world.set("2026-03-09T09:00:00-04:00[America/New_York]");
    scheduler.look().await;
    assert_eq!(world.ears.spoken()[1], "Reminder: take your pills.");
    world.set("2026-03-11T09:00:30-04:00[America/New_York]");
    scheduler.look().await;
    assert_eq!(world.ears.spoken()[2], "Reminder: take your pills. You missed it once before.");
}

#[tokio::test]
async fn every_other_week_stays_so_and_old_rows_are_read_by_their_words() {
    let world = world(true);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    world.remind("one", "every other friday at ten").await;
    // As it was stored before there were rules.
    let insert = "insert into reminders (id, text, due_at, zone, repeat, created_at) values \
                  ('old', 'two', '2026-03-06T15:00:00Z', 'America/New_York', \
                  'every other week on Friday at ten a.m.', '2026-03-01T00:00:00Z')";
    sqlx::query(insert).execute(world.assistant.store().writer().await.unwrap()).await.unwrap();
    for day in ["06T10:00:00-05:00", "13T10:00:00-04:00", "20T10:00:00-04:00", "27T10:00:00-04:00"] {
        world.set(&format!("2026-03-{day}[America/New_York]"));
        scheduler.look().await;
    }
    let dues: Vec<String> = world
        .ears
        .told
        .lock()
        .unwrap()
        .iter()
        .map(|alert| format!("{} {}", alert.text, alert.due.strftime("%m-%d %H:%M")))
        .collect();
    assert_eq!(dues.len(), 4, "{dues:?}");
    for expected in ["one 03-06 10:00", "two 03-06 10:00", "one 03-20 10:00", "two 03-20 10:00"] {
        assert!(dues.iter().any(|due| due == expected), "{dues:?}");
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_hold_up_the_others() {
    let world = world(true);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    world.remind("call mom", "in twenty minutes").await;
    let insert = "insert into reminders (id, text, due_at, zone, created_at) values \
                  ('bad', 'bad', '2026-03-01T15:00:00Z', 'America/New_York', 'yesterday')";
    sqlx::query(insert).execute(world.assistant.store().writer().await.unwrap()).await.unwrap();
    world.pass(20 * 60);
    scheduler.look().await;
    assert_eq!(world.ears.spoken(), ["Reminder: call mom."]);
}

#[tokio::test]
async fn a_damaged_database_is_waited_for() {
    let world = world(true);
    let mut scheduler = world.scheduler(&CancellationToken::new());
    std::fs::write(
        world.database(),
        b"this is no database at all, and long enough to be seen as such ".repeat(50),
    )
    .unwrap();
    assert_eq!(scheduler.look().await, LOOK_AGAIN);
    std::fs::remove_file(world.database()).unwrap();
    world.remind("call mom", "in twenty minutes").await;
    world.pass(20 * 60);
    scheduler.look().await;
    assert_eq!(world.ears.spoken(), ["Reminder: call mom."]);
}

/// Longer than anything here takes, shorter than [`LOOK_AGAIN`]: what comes within it was woken for.
const WOKEN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn it_wakes_for_changes_for_listeners_and_in_time() {
    let mut world = world(false);
    let cancel = CancellationToken::new();
    let running = tokio::spawn(world.scheduler(&cancel).run());
    // By a change: the clock alone wakes nobody for half a minute.
    world.remind("call mom", "in twenty minutes").await;
    world.pass(20 * 60);
    world.call(Name::CreateTask, json!({"text": "buy milk"})).await;
    let offered = tokio::time::timeout(WOKEN, world.offered.recv()).await.unwrap().unwrap();
    assert_eq!(offered, "Reminder: call mom.");
    assert!(world.ears.spoken().is_empty(), "nobody listens");
    // By a listener.
    world.ears.come();
    let offered = tokio::time::timeout(WOKEN, world.offered.recv()).await.unwrap().unwrap();
    assert_eq!(offered, "Reminder: call mom.");
    // By the time.
    world.remind("stretch", "in one second").await;
    world.pass(1);
    let offered = tokio::time::timeout(WOKEN, world.offered.recv()).await.unwrap().unwrap();
    assert_eq!(offered, "Reminder: stretch.");
    cancel.cancel();
    tokio::time::timeout(WOKEN, running).await.unwrap().unwrap();
}
