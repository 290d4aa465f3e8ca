//! Replies to a question, as the turn machine reads them.

use std::{io::Write, path::Path};

use serde_json::json;

use super::{column, files, table};
use crate::answer::{Answer, recognise};

pub(super) fn run(set: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let mut count = 0;
    for file in files(set, "tsv")? {
        for row in table(&file)? {
            let prompt = column(&row, "prompt");
            let label = match recognise(column(&row, "reply"), (!prompt.is_empty()).then_some(prompt)) {
                Answer::Yes => "yes",
                Answer::No | Answer::Cancel => "no",
                Answer::Repeat | Answer::Edit { .. } | Answer::StopSpeaking | Answer::Unclear => "other",
            };
            writeln!(out, "{}", json!({"id": column(&row, "id"), "label": label}))?;
            count += 1;
        }
    }
    eprintln!("{count} replies");
    Ok(())
}
