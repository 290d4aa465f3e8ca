use serde_json::json;

use super::{Clause, Fate, Kind, Until, split};

fn parts(utterance: &str) -> Vec<String> {
    split(utterance).into_iter().map(|clause| clause.words).collect()
}

#[test]
fn requests_in_a_row_are_taken_apart() {
    for (utterance, expected) in [
        (
            "Find the cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp.",
            &["Find the cheapest slot on Thursday", "put lunch with Sara there", "tell her on WhatsApp"][..],
        ),
        (
            "add milk to my tasks and then remind me at six to call Anna",
            &["add milk to my tasks", "remind me at six to call Anna"],
        ),
        ("what's on my calendar tomorrow, then text Bob", &["what's on my calendar tomorrow", "text Bob"]),
        (
            "Hey, could you please delete the last reminder and after that read me my tasks?",
            &["Hey, could you please delete the last reminder", "read me my tasks"],
        ),
        (
            "book a table for two at seven and also send the address to Tom",
            &["book a table for two at seven", "send the address to Tom"],
        ),
        ("Add bread to my list. Then text Anna.", &["Add bread to my list", "text Anna"]),
        ("Add bread to my list. Also, what's the weather?", &["Add bread to my list", "what's the weather"]),
        (
            "turn off the lights and set an alarm for seven",
            &["turn off the lights", "set an alarm for seven"],
        ),
        (
            "search the web for pancake recipes and email the best one to Mia",
            &["search the web for pancake recipes", "email the best one to Mia"],
        ),
        ("cancel my meeting at noon and tell Jonas", &["cancel my meeting at noon", "tell Jonas"]),
        (
            "tell Sara I'm late and then remind me to buy flowers",
            &["tell Sara I'm late", "remind me to buy flowers"],
        ),
        (
            "remind me to call mom, then add eggs to my shopping list",
            &["remind me to call mom", "add eggs to my shopping list"],
        ),
        ("find a free hour on Friday then book it", &["find a free hour on Friday", "book it"]),
        (
            "what is the capital of Peru and remind me at six to cook",
            &["what is the capital of Peru", "remind me at six to cook"],
        ),
        (
            "is there a slot on Monday, and then put the review in it",
            &["is there a slot on Monday", "put the review in it"],
        ),
        (
            "look up the opening hours of the zoo, add a visit to my calendar and text them to Lea",
            &["look up the opening hours of the zoo", "add a visit to my calendar", "text them to Lea"],
        ),
        ("read my inbox and when that's done archive it", &["read my inbox", "archive it"]),
        (
            "delete the reminder about milk and set one for eggs at five",
            &["delete the reminder about milk", "set one for eggs at five"],
        ),
        (
            "email the notes to Tom and then add a task to follow up",
            &["email the notes to Tom", "add a task to follow up"],
        ),
        ("show my tasks and finally delete the first one", &["show my tasks", "delete the first one"]),
        (
            "Set a timer for ten minutes and play some jazz",
            &["Set a timer for ten minutes", "play some jazz"],
        ),
        (
            "find the report \"Q3 and then\" and send it to Tom",
            &["find the report \"Q3 and then\"", "send it to Tom"],
        ),
    ] {
        assert_eq!(parts(utterance), expected, "{utterance}");
    }
}

#[test]
fn one_request_stays_whole() {
    for utterance in [
        "tell Bob that we eat first and then go home",
        "tell Bob that I'm late and then remind me to cook",
        "remind me to call mom and buy milk",
        "remind me to call mom and then send the report",
        "remind me at six to water the plants and text Bob",
        "add milk and eggs",
        "add milk and eggs to my list",
        "add call the bank and text Bob to my tasks",
        "add a task to buy milk and call Bob",
        "create a task write the report and send it to Tom",
        "send a message saying I'll shop and then remind me to cook",
        "send Bob a message saying hi, then add milk to my list",
        "text Anna I'm on my way and then I'll call",
        "write to Tom that the order shipped and ask for the invoice",
        "put a meeting called plan and then do on my calendar",
        "note \"call Bob and then text Anna\"",
        "send \"back soon, then set an alarm\" to Mia",
        "what's the difference between a call and a text",
        "search for how to boil eggs and make salad",
        "show me email and text messages",
        "play rock and roll",
        "what did Bob say and what he meant",
        "if it rains tomorrow, remind me to take an umbrella and then text Anna",
        "when I get home remind me to call mom and then turn off the lights",
        "once the meeting is over add a note and then send it",
        "I went shopping and then I cooked",
        "remind me until then to call Bob",
        "put lunch the day after that on my calendar",
        "keep an eye on the oven and the rice",
        "hello",
        "yes and then some",
        "",
        "schedule lunch with Tom and Ann on Friday",
        "compare renting and buying a house",
        "invite Tom and email",
        "what do I need to renew my passport and book a flight",
        "translate good morning and send help to French",
        "find flights from Rome, Paris, and Oslo",
        "then",
        "and then",
        "tell my boss I'm sick and call the doctor",
        "can you text Dave and tell him I like his paper",
        "send an email to Peter and then ask him how he is",
        "set a reminder for six to call Anna and then tell Bob",
        "plan a trip with Annie and Charlie",
        "let Sara know dinner is at eight and then bring wine",
    ] {
        assert_eq!(split(utterance), [Clause::whole(utterance)], "{utterance}");
    }
}

#[test]
fn what_only_we_keep_is_told_to_us_wherever_it_stands() {
    for (utterance, expected) in [
        (
            "Add a task to polish the boots, and then cancel the reminder to feed the parrot.",
            &["Add a task to polish the boots", "cancel the reminder to feed the parrot"][..],
        ),
        (
            "Add a task to polish the boots. And then delete the task about the ladder.",
            &["Add a task to polish the boots", "delete the task about the ladder"],
        ),
        (
            "remind me to ring Olga at six and then read all my reminders",
            &["remind me to ring Olga at six", "read all my reminders"],
        ),
        (
            "Remind me to ring Olga, add a task to polish the boots, and remind me to lock up.",
            &["Remind me to ring Olga", "add a task to polish the boots", "remind me to lock up"],
        ),
        (
            "add a task to ring Olga and mark the boots task as done",
            &["add a task to ring Olga", "mark the boots task as done"],
        ),
        (
            "tell Olga I am late, then complete the task about the ladder and then what's next",
            &["tell Olga I am late", "complete the task about the ladder", "what's next"],
        ),
        (
            "Add a task to polish the boots and then cancel all my alarms and then set a timer for six minutes.",
            &["Add a task to polish the boots", "cancel all my alarms", "set a timer for six minutes"],
        ),
        (
            "add a task to polish the boots then list my reminders",
            &["add a task to polish the boots", "list my reminders"],
        ),
        // Anybody may cancel a meeting, ring somebody up or be told of a task.
        (
            "remind me to ring Olga and then cancel the meeting",
            &["remind me to ring Olga and then cancel the meeting"],
        ),
        (
            "tell Olga to sweep up and delete the task about the ladder",
            &["tell Olga to sweep up and delete the task about the ladder"],
        ),
        ("remind me to open the office and set an alarm", &["remind me to open the office and set an alarm"]),
    ] {
        assert_eq!(parts(utterance), expected, "{utterance}");
    }
}

#[test]
fn what_a_call_does_not_hold_is_another_request() {
    use Fate::{Step, Told};
    // Words, tool, its text, and what is left: the words that the clause keeps, and what follows them.
    for (utterance, action, text, kept, left) in [
        // Dictated, and held.
        (
            "remind me to ring Olga and then pack the bags",
            "set_reminder",
            "ring Olga and then pack the bags",
            None,
            &[][..],
        ),
        (
            "add a task to oil the door and then close the shutters",
            "create_task",
            "oil the door and then close the shutters",
            None,
            &[],
        ),
        (
            "tell Olga I am late and then bring wine",
            "send_message",
            "I'm late, and then bring wine",
            None,
            &[],
        ),
        ("text Olga and tell her I like the plan", "send_message", "Olga: I like your plan", None, &[]),
        ("Set an alarm. Make it seven.", "set_alarm", "07:00", None, &[]),
        ("find me a plumber. Let me know.", "search", "plumber", None, &[]),
        // Cut off by whoever planned it.
        (
            "Add a task to oil the door, and then close the shutters.",
            "create_task",
            "oil the door",
            Some("Add a task to oil the door"),
            &[("close the shutters", Step)],
        ),
        (
            "add a task to oil the door and call Olga and then message Tim",
            "create_task",
            "oil the door and call Olga",
            Some("add a task to oil the door and call Olga"),
            &[("message Tim", Step)],
        ),
        (
            "send Olga a message saying hello, then open the garage",
            "send_message",
            "Olga: hello",
            Some("send Olga a message saying hello"),
            &[("open the garage", Step)],
        ),
        (
            "Put eggs on my list. Text Olga. What's the time?",
            "create_task",
            "eggs",
            Some("Put eggs on my list"),
            &[("Text Olga", Step), ("What's the time", Step)],
        ),
        (
            "turn on the radio and then dim the lamp",
            "turn_on",
            "radio",
            Some("turn on the radio"),
            &[("dim the lamp", Step)],
        ),
        // Nobody knows what to do with it, or when.
        ("play some jazz and then to Paris", "play", "jazz", Some("play some jazz"), &[("to Paris", Told)]),
        (
            "if it snows, remind me to find the shovel and then text Olga",
            "set_reminder",
            "find the shovel",
            Some("if it snows, remind me to find the shovel"),
            &[("text Olga", Told)],
        ),
        // The second was taken, not the first.
        (
            "add a task to oil the door, and then close the shutters",
            "close",
            "the shutters",
            None,
            &[("add a task to oil the door", Step)],
        ),
    ] {
        let mut clause = Clause::whole(utterance);
        let arguments = json!({"text": text}).as_object().unwrap().clone();
        let found = clause.left_out_of(action, &arguments);
        let found: Vec<_> = found.iter().map(|loose| (loose.clause.words.as_str(), loose.fate)).collect();
        assert_eq!(
            (found.as_slice(), clause.words.as_str()),
            (left, kept.unwrap_or(utterance)),
            "{utterance}"
        );
    }
}

#[test]
fn two_requests_that_are_planned_as_one_are_still_two() {
    let mut clause = Clause::whole("add milk to my list, then text Bob and then open the garage");
    let arguments = json!({"text": "milk"}).as_object().unwrap().clone();
    let left: Vec<_> =
        clause.left_out_of("create_task", &arguments).into_iter().map(|loose| loose.clause.words).collect();
    assert_eq!(left, ["text Bob", "open the garage"]);
}

#[test]
fn what_is_to_be_repeated_knows_its_end() {
    let holds = |words: &str| Some(Until::Holds(words.to_owned()));
    for (utterance, expected) in [
        ("keep checking my inbox until Bob has written", vec![("check my inbox", holds("Bob has written"))]),
        (
            "keep checking the parcel until it has arrived, then text Anna",
            vec![("check the parcel", holds("it has arrived")), ("text Anna", None)],
        ),
        ("try again until it works", vec![("try again", Some(Until::Works))]),
        ("keep trying to send it until it goes through", vec![("send it", Some(Until::Works))]),
        (
            "please keep looking for a table until there is one",
            vec![("look for a table", holds("there is one"))],
        ),
        (
            "check the queue again and again until it is empty",
            vec![("check the queue", holds("it is empty"))],
        ),
        (
            "add milk to my list and then keep checking the weather until it is dry",
            vec![("add milk to my list", None), ("check the weather", holds("it is dry"))],
        ),
        ("keep reminding me until I do it", vec![("keep reminding me until I do it", None)]),
        ("remind me every day until Friday", vec![("remind me every day until Friday", None)]),
        ("snooze until nine", vec![("snooze until nine", None)]),
        (
            "keep the lights on until midnight tonight",
            vec![("keep the lights on until midnight tonight", None)],
        ),
    ] {
        let found: Vec<_> = split(utterance).into_iter().map(|clause| (clause.words, clause.again)).collect();
        let expected: Vec<_> = expected.into_iter().map(|(words, again)| (words.to_owned(), again)).collect();
        assert_eq!(found, expected, "{utterance}");
    }
}

#[test]
fn an_answer_in_words_will_do_for_a_question() {
    let kinds = |utterance: &str| split(utterance).into_iter().map(|clause| clause.kind).collect::<Vec<_>>();
    assert_eq!(kinds("what's new and remind me at six to cook"), [Kind::Telling, Kind::Deed]);
    assert_eq!(kinds("book a taxi and then tell me a joke"), [Kind::Deed, Kind::Telling]);
    assert_eq!(kinds("could you please explain how tides work"), [Kind::Telling]);
}

#[test]
fn nothing_is_added_and_the_order_stays() {
    let utterance = "Um, add “tea” to my list, then text Bob and then what's next? And then tell me the time";
    let mut from = 0;
    for clause in split(utterance) {
        let at = utterance[from..].find(&clause.words);
        from += at.unwrap_or_else(|| panic!("{:?} is not in the utterance", clause.words));
    }
}

#[test]
fn what_is_done_by_speaking_wants_words() {
    for said in ["which one is cheaper", "compare them please", "please summarise it", "tell me the best"] {
        assert!(Clause::whole(said).wants_words(), "{said}");
    }
    for said in ["put lunch there", "tell her on WhatsApp", "send it to Bob"] {
        assert!(!Clause::whole(said).wants_words(), "{said}");
    }
}
