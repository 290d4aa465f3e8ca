use homepilot_models::store::{Store, default_dir};

use super::*;
use crate::planner::Toolbox;

fn kin(meant: &[&[usize]], tools: usize) -> Kin {
    let meant = meant.iter().map(|tools| tools.to_vec()).collect();
    Kin { meant, own: vec![Vec::new(); tools], server: vec![Vec::new(); tools] }
}

#[test]
fn a_family_with_tools_gives_them_its_share_and_one_without_gives_it_to_silence() {
    let kin = kin(&[&[0], &[1, 2], &[]], 3);
    let far = |_: usize| -1.0;
    let heard = join(&kin, &[0.7, 0.2, 0.1], far);
    assert!(heard.tools[0] > 0.69 && heard.tools[1] > 0.19 && heard.tools[1] == heard.tools[2], "{heard:?}");
    assert!((heard.none - 0.1).abs() < 0.01, "{heard:?}");
    assert!(join(&kin, &[0.0, 0.1, 0.9], far).none > 0.89);
}

#[test]
fn what_no_family_claims_goes_to_the_tool_whose_own_words_are_close() {
    let kin = kin(&[&[0], &[]], 3);
    let heard = join(&kin, &[0.1, 0.9], |tool| [0.1, 0.7, 0.2][tool]);
    assert!(heard.tools[1] > 0.8 && heard.none < 0.1, "{heard:?}");
    let heard = join(&kin, &[0.1, 0.9], |tool| [0.4, 0.05, 0.1][tool]);
    assert!(heard.none > 0.7, "a tool that families mean needs more than a little likeness: {heard:?}");
}

#[test]
fn more_tools_of_little_likeness_do_not_make_a_call_likelier() {
    let few = join(&kin(&[&[]], 2), &[1.0], |_| 0.2);
    let many = join(&kin(&[&[]], 200), &[1.0], |_| 0.2);
    assert!(many.none >= few.none);
}

#[test]
fn a_server_that_is_named_means_its_own_tools_if_they_fit() {
    let mut kin = kin(&[], 3);
    kin.server = ["todo", "pantry", "pantry"].map(|server| vec![server.to_owned()]).to_vec();
    let heard = Leaning { tools: vec![0.9, 0.05, 0.01], none: 0.05 };
    let fits = |tool: usize| [0.7, 0.8, 0.3][tool];
    let named = by_name(&kin, heard.clone(), "What is on the pantry list?", fits);
    assert!(named.tools[1] > 3.0 * named.tools[0] && named.tools[2] < named.tools[0], "{named:?}");
    assert_eq!(by_name(&kin, heard.clone(), "What is on the list?", fits), heard);
    assert_eq!(by_name(&kin, heard.clone(), "Remind me to fill the pantry", |_| 0.3), heard);
}

#[test]
fn a_tool_says_its_name_its_first_sentence_and_what_it_quotes() {
    let tool = Tool {
        id: "s__find_free_time".into(),
        name: "find_free_time".into(),
        description: "Find when the user is free. Use it for \"when am I free\" and \"so\".".into(),
        schema: serde_json::Value::Null,
    };
    let said = own_words(&tool);
    assert_eq!(said[0], "find free time");
    assert_eq!(said[1], "find free time: Find when the user is free");
    assert_eq!(said[3..], ["when am I free"]);
}

/// The built-in tools by name, with the beginning of what they say of themselves.
const BUILT_IN: &[(&str, &str)] = &[
    ("create_task", "Add one item to the user's to-do list."),
    ("list_tasks", "Read the user's to-do list: what is open, or what is done."),
    ("update_task", "Change the words or the due date of one item that is on the user's to-do list already."),
    ("complete_task", "Mark one item of the user's to-do list as done, named by its words."),
    ("delete_task", "Remove one item from the user's to-do list that was not done."),
    ("set_reminder", "Remind the user of something at a time."),
    ("list_reminders", "Read the user's coming reminders, all or those of one day."),
    ("cancel_reminder", "Call off one reminder, named by its words or its time."),
    ("add_schedule_entry", "Put an appointment, meeting or event on the user's schedule."),
    ("list_schedule", "Read the user's appointments of a day or of the coming days."),
    ("find_free_time", "Find when the user has no appointment."),
    ("add_folder", "Add all files of a folder to the user's documents and keep them up to date."),
    ("search_documents", "Find passages in the user's own documents about something."),
    ("answer_from_documents", "Answer a question from the user's own documents, with the source."),
    ("compare_options", "Compare two or more options and say which is better."),
    ("risk_assessment", "Rate what could go wrong with a plan by likelihood and impact."),
    ("daily_digest", "Sum up the user's day from tasks, reminders, calendar and mail together."),
    ("weekly_summary", "Sum up the user's week: what was done and what is coming."),
    ("look_up_online", "Look something up online. Only when the user says to search the web."),
    ("read_page", "Read the article on one web page whose address is known."),
];

#[test]
fn everyday_requests_sound_like_the_built_in_tools_and_the_rest_like_none() {
    let dir = default_dir(|name| std::env::var_os(name)).expect("HOME is set");
    let id = homepilot_models::embed::MODEL.parse().expect("a model id");
    let model = Store::open(dir)
        .and_then(|store| store.verified(&id))
        .unwrap_or_else(|error| panic!("this test needs the embedding model: {error}"));
    let sense = super::super::SharedSense::default();
    assert!(sense.set(Sense::load(&model, None).expect("it loads")).is_ok());
    let tool = |(name, description): &(&str, &str)| Tool {
        id: format!("s__{name}"),
        name: (*name).to_owned(),
        description: (*description).to_owned(),
        schema: serde_json::json!({"type": "object"}),
    };
    let toolbox = Toolbox::new(BUILT_IN.iter().map(tool).collect()).sensing(sense);
    let requests = [
        ("remind me at four to ring Martin", Some("set_reminder")),
        ("are there reminders for tonight", Some("list_reminders")),
        ("cancel the reminder about the plumber", Some("cancel_reminder")),
        ("put coffee with Ines in my diary for Tuesday at ten", Some("add_schedule_entry")),
        ("anything on my schedule tomorrow", Some("list_schedule")),
        ("which tasks do I still have", Some("list_tasks")),
        ("I already bought the stamps, tick it off", Some("complete_task")),
        ("which of my files mentions the deposit", Some("search_documents")),
        ("what does the washing machine manual say about code E four", Some("answer_from_documents")),
        ("help me decide between Oslo and Bergen", Some("compare_options")),
        ("what could go wrong if I quit in June", Some("risk_assessment")),
        ("search the web for cheap ferries", Some("look_up_online")),
        ("how high is the Matterhorn", None),
        ("turn off the light in the hall", None),
        ("play something by Bach", None),
        ("what's the weather in Rome", None),
        ("call my mother", None),
        ("hi there how are you", None),
    ];
    let mut right = 0;
    for (request, expected) in requests {
        let leaning = toolbox.leaning(&Conversation::of(request)).expect("a leaning");
        let best = (0..leaning.tools.len())
            .max_by(|a, b| leaning.tools[*a].total_cmp(&leaning.tools[*b]))
            .filter(|tool| leaning.tools[*tool] > leaning.none);
        right += usize::from(best.map(|tool| toolbox.tools[tool].0.as_str()) == expected);
    }
    assert!(right + 1 >= requests.len(), "{right} of {}", requests.len());
}
