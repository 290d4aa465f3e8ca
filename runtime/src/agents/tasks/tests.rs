use std::path::Path;

use super::*;

const AGENT: &str = "everyday";

async fn opened(folder: &Path) -> Tasks {
    Tasks::new(crate::database::open(&folder.join("homepilot.db")).await.unwrap(), AGENT)
}

/// A task whose status is of `second`.
fn task(id: &str, context: &str, state: TaskState, second: i64) -> Task {
    let at = serde_json::from_value(serde_json::json!(
        jiff::Timestamp::from_second(1_700_000_000 + second).unwrap().to_string()
    ));
    Task {
        id: id.to_owned(),
        context_id: context.to_owned(),
        status: TaskStatus { state, message: None, timestamp: at.ok() },
        artifacts: None,
        history: None,
        metadata: None,
    }
}

fn asked(size: i32, token: &str) -> ListTasksRequest {
    ListTasksRequest {
        context_id: None,
        status: None,
        page_size: Some(size),
        page_token: Some(token.to_owned()),
        history_length: None,
        status_timestamp_after: None,
        include_artifacts: None,
        tenant: None,
    }
}

fn ids(page: &ListTasksResponse) -> Vec<&str> {
    page.tasks.iter().map(|task| task.id.as_str()).collect()
}

#[tokio::test]
async fn a_task_is_kept_as_it_was_and_ends_once() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = opened(folder.path()).await;
    let mut changes = tasks.changes();
    let new = task("t", "c", TaskState::Working, 0);
    assert_eq!(tasks.create(new.clone()).await.unwrap(), 1);
    assert!(tasks.create(new.clone()).await.is_err());
    assert_eq!(tasks.get("t").await.unwrap(), Some(new.clone()));
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    let over = task("t", "c", TaskState::Completed, 1);
    assert_eq!(tasks.update(over.clone()).await.unwrap(), 2);
    let late = tasks.update(new).await.unwrap_err();
    assert_eq!(late.message, "task t is completed and can't become working");
    assert_eq!(tasks.get("t").await.unwrap(), Some(over));
    assert!(tasks.get("other").await.unwrap().is_none());
    assert_eq!(
        tasks.update(task("u", "c", TaskState::Working, 0)).await.unwrap_err().code,
        error_code::TASK_NOT_FOUND
    );
    // Agents don't see each other's.
    let other = Tasks::new(tasks.pool.clone(), "chief");
    assert!(other.get("t").await.unwrap().is_none());
}

#[tokio::test]
async fn pages_go_on_where_they_ended_whatever_comes_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = opened(folder.path()).await;
    for number in 0..5 {
        let context = if number % 2 == 0 { "even" } else { "odd" };
        tasks.create(task(&format!("t{number}"), context, TaskState::Working, number / 2)).await.unwrap();
    }
    let first = tasks.list(&asked(2, "")).await.unwrap();
    assert_eq!((ids(&first), first.total_size, first.page_size), (vec!["t4", "t3"], 5, 2));
    tasks.create(task("t9", "even", TaskState::Working, 9)).await.unwrap();
    let second = tasks.list(&asked(2, &first.next_page_token)).await.unwrap();
    assert_eq!(ids(&second), ["t2", "t1"]);
    let last = tasks.list(&asked(2, &second.next_page_token)).await.unwrap();
    assert_eq!((ids(&last), last.next_page_token.as_str()), (vec!["t0"], ""));
    let wrong = tasks.list(&asked(2, "tomorrow")).await.unwrap_err();
    assert_eq!(wrong.code, error_code::INVALID_PARAMS);

    let even = ListTasksRequest { context_id: Some("even".to_owned()), ..asked(0, "") };
    assert_eq!(ids(&tasks.list(&even).await.unwrap()), ["t9", "t4", "t2", "t0"]);
    tasks.update(task("t2", "even", TaskState::Failed, 10)).await.unwrap();
    let failed = ListTasksRequest { status: Some(TaskState::Failed), ..even };
    assert_eq!(ids(&tasks.list(&failed).await.unwrap()), ["t2"]);
    let after = task("", "", TaskState::Working, 2).status.timestamp;
    let later = ListTasksRequest { status_timestamp_after: after, ..asked(0, "") };
    assert_eq!(ids(&tasks.list(&later).await.unwrap()), ["t2", "t9"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_cancels_and_an_end_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = opened(folder.path()).await;
    for round in 0..20 {
        let id = format!("t{round}");
        tasks.create(task(&id, "c", TaskState::Working, 0)).await.unwrap();
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let (tasks, id) = (tasks.clone(), id.clone());
            racing.spawn(async move { tasks.begin_cancel(&id).await.is_ok() });
        }
        let (racer, over) = (tasks.clone(), task(&id, "c", TaskState::Completed, 1));
        racing.spawn(async move { racer.update(over).await.is_ok() });
        let won = racing.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1);
    }
    assert_eq!(tasks.begin_cancel("t0").await.unwrap_err().code, error_code::TASK_NOT_CANCELABLE);
    assert_eq!(tasks.begin_cancel("none").await.unwrap_err().code, error_code::TASK_NOT_FOUND);
}

#[tokio::test]
async fn after_a_restart_nothing_is_open_and_every_task_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = opened(folder.path()).await;
    let question = status(&"asks".to_owned(), "a", TaskState::InputRequired, vec![Part::text("Shall I?")]);
    tasks.create(task("works", "w", TaskState::Working, 0)).await.unwrap();
    let asks = task("asks", "a", TaskState::Working, 0);
    tasks.create(Task { status: question, ..asks }).await.unwrap();
    tasks.create(task("over", "o", TaskState::Completed, 0)).await.unwrap();
    assert_eq!(tasks.open_tasks().await.unwrap(), 2);
    drop(tasks);

    let tasks = opened(folder.path()).await;
    tasks.recover().await.unwrap();
    assert_eq!(tasks.open_tasks().await.unwrap(), 0);
    let said = async |id: &str| {
        let task = tasks.get(id).await.unwrap().unwrap();
        let words = task.status.message.as_ref().and_then(|m| m.text()).unwrap_or_default().to_owned();
        (task.status.state, words, task.history.unwrap_or_default().len())
    };
    assert_eq!(said("works").await, (TaskState::Failed, CUT_OFF.to_owned(), 0));
    // The question is still to be read.
    assert_eq!(said("asks").await, (TaskState::Failed, EXPIRED.to_owned(), 1));
    assert_eq!(said("over").await, (TaskState::Completed, String::new(), 0));
    assert!(tasks.open_in("a").await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = opened(folder.path()).await;
    tasks.create(task("open", "c", TaskState::Working, 0)).await.unwrap();
    tasks.create(task("old", "c", TaskState::Completed, 0)).await.unwrap();
    let days = DAYS_KEPT * 24 * 60 * 60;
    tasks.create(task("new", "c", TaskState::Completed, days + 1)).await.unwrap();
    let page = tasks.list(&asked(0, "")).await.unwrap();
    assert_eq!(ids(&page), ["new", "open"]);
    let mut transaction = tasks.begin().await.unwrap();
    for number in 0..MOST_KEPT {
        let task = task(&format!("n{number}"), "c", TaskState::Completed, days + 2);
        tasks.write(&mut transaction, &task, 1).await.unwrap();
    }
    tasks.commit(transaction).await.unwrap();
    tasks.create(task("last", "c", TaskState::Completed, days + 3)).await.unwrap();
    // What is open stays.
    assert_eq!(tasks.list(&asked(1, "")).await.unwrap().total_size, i32::try_from(MOST_KEPT).unwrap() + 1);
    assert!(tasks.get("open").await.unwrap().is_some() && tasks.get("new").await.unwrap().is_none());

    let mut long = task("last", "c", TaskState::Completed, days + 3);
    long.history = Some(vec![Message::new(Role::User, vec![]); MOST_MESSAGES + 5]);
    tasks.update(long).await.unwrap();
    let kept = tasks.get("last").await.unwrap().unwrap().history.unwrap();
    assert_eq!(kept.len(), MOST_MESSAGES);
}
