//! A closed set of short replies, and which of them an utterance was.
//!
//! Every form is given the probability that the recogniser writes it and then stops, whatever else it may write. These
//! are joint probabilities, so forms of different lengths compare without a norm, and so do they with the free
//! transcript: what the forms leave of 1 belongs to everything else that could have been said. A sentence that only
//! begins with a form has nearly nothing, because the recogniser does not stop there.

/// One reply, in one form that people use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Form {
    /// Its words: lower case, without punctuation.
    pub text: &'static str,
    /// The probability from which it is believed, 0..1.
    pub least: f32,
    /// What it needs of the probability of all forms together, 0..1.
    pub share: f32,
}

/// The replies that are expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The kind of text to expect, such as `Yes. No.`: half of the weight is given with this in the recogniser's mind.
    pub primer: &'static str,
    /// The forms.
    pub forms: &'static [Form],
}

/// The form that was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chosen {
    /// It.
    pub form: &'static str,
    /// The probability that it, and nothing more, was said, 0..1.
    pub probability: f32,
    /// Its part of the probability of all forms, 0..1.
    pub share: f32,
}

impl Expected {
    /// The likeliest form, if it passes its own thresholds. One that doesn't gives way to none, never to the next.
    ///
    /// `probabilities` are of [`Expected::forms`], in their order.
    pub fn choose(&self, probabilities: &[f32]) -> Option<Chosen> {
        let together: f32 = probabilities.iter().sum();
        let (form, &probability) =
            self.forms.iter().zip(probabilities).max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let share = probability / together;
        // Not a number passes no threshold.
        (probability >= form.least && share >= form.share).then_some(Chosen {
            form: form.text,
            probability,
            share,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Expected, Form};
    use proptest::prelude::*;

    const EXPECTED: Expected = Expected {
        primer: "Yes. No.",
        forms: &[
            Form { text: "yes", least: 0.2, share: 0.8 },
            Form { text: "yeah", least: 0.8, share: 0.8 },
            Form { text: "no", least: 0.05, share: 0.5 },
        ],
    };

    fn chosen(probabilities: [f32; 3]) -> Option<&'static str> {
        EXPECTED.choose(&probabilities).map(|chosen| chosen.form)
    }

    #[test]
    fn a_form_needs_its_own_probability_and_share() {
        for (probabilities, form) in [
            ([0.9, 0.0, 0.01], Some("yes")),
            ([0.19, 0.0, 0.0], None),
            ([0.3, 0.0, 0.1], None),
            ([0.3, 0.25, 0.0], None),
            ([0.1, 0.7, 0.0], None),
            ([0.0, 0.9, 0.0], Some("yeah")),
            ([0.0, 0.0, 0.06], Some("no")),
            ([0.04, 0.0, 0.06], Some("no")),
            ([0.0, 0.0, 0.04], None),
            ([0.0, 0.0, 0.0], None),
            ([f32::NAN, 0.0, 0.9], None),
        ] {
            assert_eq!(chosen(probabilities), form, "{probabilities:?}");
        }
    }

    #[test]
    fn nothing_is_chosen_from_nothing() {
        assert_eq!(Expected { primer: "", forms: &[] }.choose(&[]), None);
        assert_eq!(EXPECTED.choose(&[]), None);
    }

    proptest! {
        #[test]
        fn more_for_a_rival_never_helps(yes in 0.0f32..1.0, yeah in 0.0f32..1.0, no in 0.0f32..1.0, more in 0.0f32..1.0) {
            if chosen([yes, yeah, no]) != Some("yes") {
                prop_assert_ne!(chosen([yes, yeah, no + more]), Some("yes"));
                prop_assert_ne!(chosen([yes, yeah + more, no]), Some("yes"));
            }
        }
    }
}
