use std::collections::HashSet;

use super::*;

#[test]
fn every_kind_has_a_name_of_its_own_and_dialogues_that_begin() {
    let material = Material {
        voices: 2,
        replies: vec![Reply {
            id: "one".to_owned(),
            said: "yes".to_owned(),
            prompt: String::new(),
            means: Means::Yes,
        }],
        recorded: vec![("yes.wav".into(), Means::Yes)],
        noises: Vec::new(),
    };
    let names: HashSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), KINDS.len());
    for kind in &KINDS {
        let dialogues = (kind.dialogues)(&material);
        assert!(!dialogues.is_empty(), "{}", kind.name);
        assert!(dialogues.iter().all(|dialogue| !dialogue.turns.is_empty()), "{}", kind.name);
    }
    assert_eq!((KINDS[0].dialogues)(&material).len(), 2 * YESES.len());
}

#[test]
fn only_an_open_microphone_hears_others() {
    let material = Material { voices: 1, ..Material::default() };
    for dialogue in KINDS.iter().flat_map(|kind| (kind.dialogues)(&material)) {
        let alone = matches!(dialogue.beside, Beside::Nothing | Beside::Noise { .. });
        assert!(alone || dialogue.way == Way::Open, "{}", dialogue.name);
    }
}
