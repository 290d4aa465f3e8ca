//! The personas that come with the program.

use std::path::Path;

use crate::manifest::parse;
use crate::persona::{Origin, Persona};
use crate::problem::PersonaProblem;

const FILES: &[(&str, &str)] = &[
    ("assistant.toml", include_str!("../builtin/assistant.toml")),
    ("secretary.toml", include_str!("../builtin/secretary.toml")),
    ("kids.toml", include_str!("../builtin/kids.toml")),
    ("chief-of-staff.toml", include_str!("../builtin/chief-of-staff.toml")),
    ("companion.toml", include_str!("../builtin/companion.toml")),
];

/// In the order they are offered. The problems are empty in any build whose tests passed.
pub(crate) fn personas() -> (Vec<Persona>, Vec<PersonaProblem>) {
    let mut personas = Vec::new();
    let mut problems = Vec::new();
    for (name, text) in FILES {
        match parse(text, &Path::new("builtin").join(name), Origin::BuiltIn) {
            Ok(persona) => personas.push(persona),
            Err(mut wrong) => problems.append(&mut wrong),
        }
    }
    (personas, problems)
}

#[cfg(test)]
mod tests {
    use super::personas;
    use crate::persona::{Level, Mode, Persona};

    fn shipped(id: &str) -> Persona {
        personas().0.into_iter().find(|persona| persona.id.as_str() == id).unwrap()
    }

    #[test]
    fn five_are_shipped_and_none_has_a_problem() {
        let (personas, problems) = personas();
        assert_eq!(problems, []);
        let ids: Vec<&str> = personas.iter().map(|persona| persona.id.as_str()).collect();
        assert_eq!(ids, ["assistant", "secretary", "kids", "chief-of-staff", "companion"]);
    }

    #[test]
    fn each_is_written_to_be_spoken() {
        for persona in personas().0 {
            let words = persona.instructions.split_whitespace().count();
            assert!((40..=80).contains(&words), "{}: {words} words of instructions", persona.id);
            assert!(!persona.instructions.contains(['\n', '*', '#', '<']), "{}", persona.id);
            assert!((3..=14).contains(&persona.greeting.split_whitespace().count()), "{}", persona.id);
            assert!(!persona.description.is_empty(), "{}", persona.id);
        }
    }

    #[test]
    fn their_levels_are_the_promised_ones() {
        let level = |persona: &Persona, server: &str| {
            persona.autonomy.rules.iter().find(|rule| rule.server == server).map(|rule| rule.level)
        };
        let secretary = shipped("secretary");
        assert_eq!(level(&secretary, "calendar"), Some(Level::Autonomous));
        assert_eq!(level(&secretary, "email"), Some(Level::Confirm));
        let chief = shipped("chief-of-staff");
        assert_eq!(level(&chief, "slack"), Some(Level::Autonomous));
        assert_eq!(level(&chief, "github"), Some(Level::Autonomous));
        let kids = shipped("kids");
        assert_eq!((kids.autonomy.default, kids.autonomy.ceiling), (Level::ReadOnly, Level::ReadOnly));
        assert_eq!(shipped("companion").mode, Mode::Unlinked);
        assert_eq!(shipped("assistant").autonomy.default, Level::Confirm);
    }
}
