//! What others bring: replies in a table, recorded replies, noises.

use std::path::{Path, PathBuf};

use super::score::Means;
use crate::eval::{column, files, samples, table};

/// The table in a folder of recordings that says which of them are replies.
const RECORDED: &str = "replies.tsv";

/// A written reply.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) id: String,
    /// Its words.
    pub(super) said: String,
    /// What was asked; empty if it fits any question.
    pub(super) prompt: String,
    pub(super) means: Means,
}

/// What dialogues are made from.
#[derive(Clone, Debug, Default)]
pub(super) struct Material {
    /// How many voices there are, one at least.
    pub(super) voices: usize,
    pub(super) replies: Vec<Reply>,
    /// Recorded replies, by their files.
    pub(super) recorded: Vec<(PathBuf, Means)>,
    /// 16 kHz samples of noises; none means the generated one.
    pub(super) noises: Vec<Vec<f32>>,
}

/// The replies of a table with a header and the columns `id`, `reply`, `prompt`, and if there are any `label` and `accept`.
///
/// # Errors
/// When the file can't be read, or has no replies.
pub(super) fn written(file: &Path) -> anyhow::Result<Vec<Reply>> {
    let rows = table(file)?;
    let reply = |(number, row): (usize, &Vec<(String, String)>)| {
        let id = column(row, "id");
        Reply {
            id: if id.is_empty() { format!("row {}", number + 1) } else { id.to_owned() },
            said: column(row, "reply").trim().to_owned(),
            prompt: column(row, "prompt").trim().to_owned(),
            means: Means::of(column(row, "label"), column(row, "accept")),
        }
    };
    let mut replies: Vec<Reply> = rows.iter().enumerate().map(reply).collect();
    replies.retain(|reply| reply.said.chars().any(char::is_alphanumeric));
    anyhow::ensure!(!replies.is_empty(), "{} has no column \"reply\" with words in it", file.display());
    Ok(replies)
}

/// The recordings of a folder: those that its `replies.tsv` (columns `path`, `label`, and if there is any `accept`) names are
/// replies, all other wav files are noises.
///
/// # Errors
/// When a file can't be read, or there is no recording.
pub(super) fn recordings(folder: &Path, material: &mut Material) -> anyhow::Result<()> {
    let list = folder.join(RECORDED);
    if list.is_file() {
        let named = |row: &Vec<(String, String)>| {
            let means = Means::of(column(row, "label"), column(row, "accept"));
            (folder.join(column(row, "path")), means)
        };
        material.recorded = table(&list)?.iter().map(named).collect();
    }
    let all_named = !material.recorded.is_empty();
    let found = files(folder, "wav").or_else(|error| if all_named { Ok(Vec::new()) } else { Err(error) })?;
    for file in found {
        if material.recorded.iter().all(|(named, _)| *named != file) {
            let noise = samples(&file)?;
            anyhow::ensure!(noise.iter().any(|sample| *sample != 0.0), "{} is silent", file.display());
            material.noises.push(noise);
        }
    }
    Ok(())
}

/// At most `limit` of `all`, evenly spread.
pub(super) fn spread<T>(all: Vec<T>, limit: Option<usize>) -> Vec<T> {
    let count = all.len();
    let Some(limit) = limit.filter(|limit| *limit < count) else { return all };
    let chosen = |at: usize| at * limit / count != (at + 1) * limit / count;
    all.into_iter().enumerate().filter(|(at, _)| chosen(*at)).map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use homepilot_voice::{Audio, SampleRate, wav};

    use super::*;

    #[test]
    fn a_table_is_read_by_its_header() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("replies.tsv");
        fs::write(&file, "id\tlabel\taccept\tprompt\treply\na\tyes\tyes|other\tTwo seats?\tWhy not two\nb\tno\tno\t\tLeave it\n\nc\tno\tno\t\t...\n").unwrap();
        let replies = written(&file).unwrap();
        assert_eq!(replies.len(), 2, "one has no words");
        assert_eq!(
            (replies[0].id.as_str(), replies[0].prompt.as_str(), replies[0].means),
            ("a", "Two seats?", Means::Either)
        );
        assert_eq!((replies[1].said.as_str(), replies[1].means), ("Leave it", Means::NotYes));
        fs::write(&file, "id\treply\nx\tcome on\n").unwrap();
        assert_eq!(written(&file).unwrap()[0].means, Means::Either, "nobody says what it means");
        fs::write(&file, "id\twords\nx\tcome on\n").unwrap();
        assert!(written(&file).is_err());
    }

    #[test]
    fn recordings_are_noises_unless_they_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut material = Material::default();
        assert!(recordings(dir.path(), &mut material).is_err(), "there are none");
        let sound = wav::encode(&Audio { rate: SampleRate::HZ_16000, samples: vec![0.25; 1_600] });
        for name in ["street.wav", "yes.wav"] {
            fs::write(dir.path().join(name), &sound).unwrap();
        }
        fs::write(dir.path().join(RECORDED), "path\tlabel\nyes.wav\tyes\n").unwrap();
        recordings(dir.path(), &mut material).unwrap();
        assert_eq!(material.recorded, [(dir.path().join("yes.wav"), Means::Yes)]);
        assert_eq!(material.noises.len(), 1);
    }

    #[test]
    fn a_few_are_taken_from_everywhere() {
        assert_eq!(spread((0..10).collect(), Some(2)), [4, 9]);
        assert_eq!(spread((0..3).collect(), Some(5)), [0, 1, 2]);
        assert_eq!(spread((0..3).collect(), None), [0, 1, 2]);
    }
}
