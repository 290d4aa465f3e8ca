//! Closed classes of English words, lower case, without marks.

/// Sounds of thinking.
pub(super) const FILLERS: [&str; 9] = ["um", "umm", "uhm", "uh", "uhh", "erm", "er", "hm", "hmm"];

/// What needs a word behind it: articles, possessives, conjunctions, titles, and prepositions that no sentence strands.
pub(super) const ALWAYS_OPEN: [&str; 34] = [
    "the",
    "a",
    "an",
    "my",
    "your",
    "our",
    "their",
    "its",
    "every",
    "very",
    "and",
    "or",
    "but",
    "because",
    "if",
    "unless",
    "until",
    "while",
    "whether",
    "than",
    "to",
    "into",
    "onto",
    "between",
    "during",
    "per",
    "via",
    "towards",
    "regarding",
    "mr",
    "mrs",
    "ms",
    "dot",
    "plus",
];

/// Prepositions that may stand last in a question.
pub(super) const PREPOSITIONS: [&str; 8] = ["of", "from", "with", "at", "for", "about", "by", "against"];

/// Verbs whose "on" or "in" may be the last word.
pub(super) const WITH_PARTICLES: [&str; 21] = [
    "turn", "turned", "switch", "put", "keep", "leave", "come", "go", "log", "sign", "check", "carry",
    "hold", "move", "get", "fill", "plug", "hand", "going", "bring", "let",
];

/// Forms of to be, to do, to have, and modals.
pub(super) const AUXILIARIES: [&str; 23] = [
    "is", "are", "was", "were", "am", "be", "been", "do", "does", "did", "have", "has", "had", "will",
    "would", "can", "could", "should", "shall", "may", "might", "must", "isn't",
];

/// A subject that has swallowed its verb.
pub(super) const CLIPPED: [&str; 22] = [
    "what's", "where's", "who's", "how's", "when's", "it's", "there's", "here's", "that's", "he's", "she's",
    "i'm", "i'll", "i'd", "i've", "you're", "you'll", "we're", "we'll", "they're", "let's", "they'll",
];

/// Words that ask.
pub(super) const ASKING: [&str; 9] = ["what", "who", "whom", "whose", "where", "when", "which", "how", "why"];

/// Words that announce a name or a text.
pub(super) const INTRODUCING: [&str; 6] = ["saying", "called", "named", "titled", "entitled", "namely"];

/// Pronouns, and what stands like one.
pub(super) const PRONOUNS: [&str; 21] = [
    "i",
    "you",
    "he",
    "she",
    "it",
    "we",
    "they",
    "me",
    "him",
    "her",
    "us",
    "them",
    "this",
    "that",
    "these",
    "those",
    "there",
    "one",
    "mine",
    "everything",
    "something",
];

/// Sentences that want an end, of the talk or of the sentence.
pub(super) const STOPS: [&str; 17] = [
    "stop",
    "stop it",
    "stop that",
    "stop talking",
    "stop please",
    "please stop",
    "be quiet",
    "quiet",
    "never mind",
    "nevermind",
    "forget it",
    "thanks",
    "thank you",
    "thanks a lot",
    "thank you very much",
    "goodbye",
    "bye",
];
