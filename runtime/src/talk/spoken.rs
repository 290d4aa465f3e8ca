//! Which of the persona's items are in the loudspeaker, so that the server can be told how much of each was heard.

use homepilot_voice::SampleRate;

const RATE: SampleRate = SampleRate::HZ_24000;

#[derive(Debug)]
struct Item {
    id: String,
    /// Positions in the loudspeaker's stream, in samples.
    from: u64,
    to: Option<u64>,
}

/// Items in order of playing.
#[derive(Debug, Default)]
pub(super) struct Spoken(Vec<Item>);

impl Spoken {
    /// More of an item is put into the loudspeaker, at this position of its stream.
    pub(super) fn more(&mut self, id: &str, at: u64) {
        if !self.0.iter().any(|item| item.id == id) {
            self.0.push(Item { id: id.to_owned(), from: at, to: None });
        }
    }

    /// All of an item is in the loudspeaker, up to this position of its stream.
    pub(super) fn all(&mut self, id: &str, at: u64) {
        if let Some(item) = self.0.iter_mut().find(|item| item.id == id) {
            item.to = Some(at);
        }
    }

    /// The stream was played up to here, and no further: the items that were cut off, and the milliseconds of each that
    /// were heard.
    pub(super) fn cut(&mut self, heard: u64) -> Vec<(String, u64)> {
        self.0
            .drain(..)
            .filter(|item| item.to.is_none_or(|to| to > heard))
            .map(|item| {
                let played = RATE.duration(heard.saturating_sub(item.from));
                (item.id, u64::try_from(played.as_millis()).unwrap_or(u64::MAX))
            })
            .collect()
    }

    /// The stream was played up to here: what was heard to its end needs no telling.
    pub(super) fn played(&mut self, heard: u64) {
        self.0.retain(|item| item.to.is_none_or(|to| to > heard));
    }
}

#[cfg(test)]
mod tests {
    use super::Spoken;

    #[test]
    fn what_was_cut_off_is_told_with_what_was_heard_of_it() {
        let mut spoken = Spoken::default();
        spoken.more("a", 0);
        spoken.more("a", 12_000);
        spoken.all("a", 24_000);
        spoken.more("b", 24_000);
        spoken.all("b", 72_000);
        spoken.more("c", 72_000);
        assert_eq!(spoken.cut(36_000), [("b".to_owned(), 500), ("c".to_owned(), 0)]);
        assert_eq!(spoken.cut(36_000), []);
    }

    #[test]
    fn what_was_heard_is_forgotten() {
        let mut spoken = Spoken::default();
        spoken.more("a", 0);
        spoken.all("a", 24_000);
        spoken.more("b", 24_000);
        spoken.played(24_000);
        assert_eq!(spoken.cut(30_000), [("b".to_owned(), 250)]);
    }
}
