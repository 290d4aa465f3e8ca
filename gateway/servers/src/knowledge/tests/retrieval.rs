//! How well passages are found, on a public collection: by words, by meaning, and fused.
//!
//! Semanlink, as the PyPI package `cherche` 2.2.1 (MIT) carries it: notes and abstracts that one person filed under topics
//! of their own over years. A topic's name is the query and what was filed under it is what should be found. Topics
//! are split in two halves: what is chosen is chosen on the first and reported on the second.
//! `cargo test --release --lib retrieval -- --nocapture` prints the table.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use super::Machine;
use crate::knowledge::answering::{CLOSE, COVERS, PASSAGES, fits};
use crate::knowledge::embedding::NoEmbedding;
use crate::knowledge::library::{Hit, Library, Search};
use crate::knowledge::ranking::{self, DEEP, Fusion};
use crate::knowledge::server::Knowledge;

/// Fewest words of a text that is taken, and most texts filed under a topic that is.
const LEAST_WORDS: usize = 20;
const MOST_FILED: usize = 20;

/// Questions that no text of the collection answers: for choosing, and for reporting.
const ELSEWHERE: [[&str; 12]; 2] = [
    [
        "when does my lease end",
        "how do I descale the kettle",
        "what did the dentist charge",
        "who has the spare key",
        "when are the bins collected",
        "how long is the washing machine under warranty",
        "what is the code of the garden gate",
        "which vaccinations does the cat need",
        "how much was the car insurance last year",
        "where do we go on holiday",
        "what pressure should the tyres have",
        "what is on the shopping list",
    ],
    [
        "what is the notice period of the flat",
        "how often is the boiler serviced",
        "what size is the air filter",
        "who is our vet",
        "when is the piano lesson",
        "how many eggs go into the cake",
        "where is the stopcock",
        "what did we pay for the sofa",
        "which paint did we use in the hall",
        "when does the gym open on sundays",
        "what is Anna's phone number",
        "how do I reset the smoke alarm",
    ],
];

struct Collection {
    /// Title and text, by the text's address.
    texts: BTreeMap<String, (String, String)>,
    /// A topic's name and what is filed under it.
    topics: Vec<(String, HashSet<String>)>,
}

fn collection() -> Collection {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let peers =
        std::env::var_os("HOMEPILOT_PEERS").map_or_else(|| repository.join("target/peers"), PathBuf::from);
    let read = |file: &str| -> Value {
        let path = peers.join("retrieval").join(file);
        let bytes = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("this test needs {} ({error}): run `make peers`", path.display()));
        serde_json::from_slice(&bytes).unwrap()
    };
    let (documents, tags) = (read("docs.json"), read("tags.json"));
    let mut texts = BTreeMap::new();
    let mut filed: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for document in documents.as_array().unwrap() {
        let field = |name: &str| document[name].as_str().unwrap_or_default();
        let text = format!("{}\n\n{}", field("arxiv_summary"), field("comment"));
        let enough = text.split_whitespace().count() >= LEAST_WORDS && english(&text);
        if !enough || field("title").trim().is_empty() || !seen.insert(field("title").to_lowercase()) {
            continue;
        }
        let address = field("document").to_owned();
        for tag in document["tag"].as_array().unwrap() {
            filed.entry(tag.as_str().unwrap().to_owned()).or_default().insert(address.clone());
        }
        texts.insert(address, (field("title").to_owned(), text));
    }
    let topics = filed.into_iter().filter_map(|(tag, filed)| {
        let name = tags[&tag]["prefLabel"][0].as_str()?.to_owned();
        (filed.len() <= MOST_FILED && name.split_whitespace().count() >= 2).then_some((name, filed))
    });
    Collection { topics: topics.collect(), texts }
}

/// Some of the collection is French.
fn english(text: &str) -> bool {
    let count = |words: &[&str]| {
        text.split_whitespace().filter(|word| words.contains(&word.to_lowercase().as_str())).count()
    };
    count(&["the", "of", "and", "to", "is", "in", "for", "that"])
        > count(&["le", "la", "les", "des", "est", "une", "dans", "pour", "que", "qui"])
}

/// A topic's rankings, and which of the passages in them belong to it.
struct Asked {
    words: Vec<(i64, f32)>,
    meaning: Vec<(i64, f32)>,
    filed: HashSet<i64>,
    /// How many texts belong to it.
    wanted: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Scores {
    ndcg: f64,
    recall_5: f64,
    recall_10: f64,
    reciprocal: f64,
}

/// The mean of each measure over topics. Texts are mostly one passage; one of several counts once.
fn scores(asked: &[Asked], of: &HashMap<i64, usize>, rank: impl Fn(&Asked) -> Vec<(i64, f32)>) -> Scores {
    let mut sum = Scores::default();
    for topic in asked {
        let mut seen = HashSet::new();
        let ranked: Vec<bool> = (rank(topic).iter())
            .filter(|(id, _)| seen.insert(of[id]))
            .map(|(id, _)| topic.filed.contains(id))
            .take(10)
            .collect();
        let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
        let ideal: f64 = (0..topic.wanted.min(10)).map(gain).sum();
        let hits =
            |most: usize| ranked.iter().take(most).filter(|hit| **hit).count() as f64 / topic.wanted as f64;
        sum.ndcg += (0..ranked.len()).filter(|place| ranked[*place]).map(gain).sum::<f64>() / ideal;
        sum.recall_5 += hits(5);
        sum.recall_10 += hits(10);
        sum.reciprocal += ranked.iter().position(|hit| *hit).map_or(0.0, |place| 1.0 / (place as f64 + 1.0));
    }
    let mean = |value: f64| value / asked.len() as f64;
    Scores {
        ndcg: mean(sum.ndcg),
        recall_5: mean(sum.recall_5),
        recall_10: mean(sum.recall_10),
        reciprocal: mean(sum.reciprocal),
    }
}

fn print(name: &str, scores: Scores) {
    let Scores { ndcg, recall_5, recall_10, reciprocal } = scores;
    println!(
        "{name:<34} nDCG@10 {ndcg:.3}  recall@5 {recall_5:.3}  recall@10 {recall_10:.3}  MRR@10 {reciprocal:.3}"
    );
}

/// Each topic's rankings, and how long they took in milliseconds.
async fn ask(
    library: &Library,
    collection: &Collection,
    passages: &HashMap<String, Vec<i64>>,
) -> (Vec<Asked>, [f64; 2]) {
    let mut asked = Vec::new();
    let mut took = [0.0; 2];
    for (name, filed) in &collection.topics {
        let began = Instant::now();
        let words = match ranking::query(name) {
            Some(query) => library.store.by_words(&query, None, DEEP).await.unwrap(),
            None => Vec::new(),
        };
        took[0] += began.elapsed().as_secs_f64() * 1e3;
        let began = Instant::now();
        let embedding = library.embeddings.question(name).await.unwrap();
        let meaning = library.by_meaning(&embedding, None).await.unwrap();
        took[1] += began.elapsed().as_secs_f64() * 1e3;
        let wanted = filed.len();
        let filed = filed.iter().flat_map(|address| passages[address].iter().copied()).collect();
        asked.push(Asked { words, meaning, filed, wanted });
    }
    (asked, took.map(|all| all / collection.topics.len() as f64))
}

#[tokio::test]
async fn fused_rankings_find_more_than_words_alone() {
    let collection = collection();
    let machine = Machine::new();
    let library = Knowledge::new(machine.options()).library;
    let began = Instant::now();
    let mut of = HashMap::new();
    let mut passages = HashMap::new();
    for (number, (address, (title, text))) in collection.texts.iter().enumerate() {
        let added = library.add_text(title.clone(), text.clone()).await.unwrap();
        let ids = library.store.ids_of(&added.id).await.unwrap();
        of.extend(ids.iter().map(|id| (*id, number)));
        passages.insert(address.clone(), ids);
    }
    let read = began.elapsed();
    let began = Instant::now();
    while library.embed_some().await.unwrap() {}
    let embedded = began.elapsed();
    println!(
        "{} texts, {} passages: read in {read:.1?}, embedded in {embedded:.1?}",
        collection.texts.len(),
        of.len()
    );
    let (asked, [words_ms, meaning_ms]) = ask(&library, &collection, &passages).await;
    println!("a query: words {words_ms:.1} ms, meaning {meaning_ms:.1} ms");
    let (chosen_on, reported_on): (Vec<_>, Vec<_>) =
        asked.into_iter().enumerate().partition(|(place, _)| place % 2 == 0);
    let half = |asked: Vec<(usize, Asked)>| asked.into_iter().map(|(_, asked)| asked).collect::<Vec<_>>();
    let (first, second) = (half(chosen_on), half(reported_on));

    println!("first half, {} topics:", first.len());
    for smooth in [2.0, 5.0, 10.0, 20.0, 60.0] {
        for meaning in [0.1, 0.2, 0.3, 0.4, 0.5, 0.7] {
            let fusion = Fusion { smooth, words: 1.0 - meaning, meaning };
            let fused = scores(&first, &of, |asked| ranking::fuse(&asked.words, &asked.meaning, fusion));
            print(&format!("  smooth {smooth}, meaning {meaning}"), fused);
        }
    }
    println!("second half, {} topics:", second.len());
    let words = scores(&second, &of, |asked| asked.words.clone());
    let meaning = scores(&second, &of, |asked| asked.meaning.clone());
    let fused = scores(&second, &of, |asked| ranking::fuse(&asked.words, &asked.meaning, Fusion::CHOSEN));
    print("  words", words);
    print("  meaning", meaning);
    print("  fused", fused);

    let halves = collection.topics.iter().enumerate().partition::<Vec<_>, _>(|(place, _)| place % 2 == 0);
    for model in [true, false] {
        println!("with{} the model, of the first half:", if model { "" } else { "out" });
        let first = Fits::of(&library, &halves.0, ELSEWHERE[0], &passages, model).await;
        for threshold in [0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8] {
            first.at(threshold);
        }
        println!("of the second half:");
        let second = Fits::of(&library, &halves.1, ELSEWHERE[1], &passages, model).await;
        let wrongly = second.at(if model { CLOSE } else { COVERS });
        assert!(wrongly <= 2, "{wrongly} of {} are thought to be answered", ELSEWHERE[1].len());
    }
    assert!(fused.ndcg >= words.ndcg && fused.recall_10 >= words.recall_10, "{fused:?} {words:?}");
    assert!(fused.ndcg >= meaning.ndcg, "{fused:?} {meaning:?}");
}

/// Searches for topics, with whether something of the topic was found, and for what is not there.
struct Fits<'a> {
    topics: Vec<(&'a str, Search, bool)>,
    elsewhere: Vec<(&'a str, Search)>,
}

impl<'a> Fits<'a> {
    async fn of(
        library: &Library,
        topics: &[(usize, &'a (String, HashSet<String>))],
        questions: [&'a str; 12],
        passages: &HashMap<String, Vec<i64>>,
        model: bool,
    ) -> Fits<'a> {
        let mut fits = Fits { topics: Vec::new(), elsewhere: Vec::new() };
        for (_, (name, filed)) in topics {
            let search = search(library, name, model).await;
            let belongs = |hit: &Hit| filed.iter().any(|address| passages[address].contains(&hit.passage.id));
            let right = search.hits.iter().any(belongs);
            fits.topics.push((name, search, right));
        }
        for question in questions {
            fits.elsewhere.push((question, search(library, question, model).await));
        }
        fits
    }

    /// Prints how often something is thought to fit, and gives how many of the questions from elsewhere it does.
    fn at(&self, threshold: f32) -> usize {
        let fit = |question: &str, search: &Search| fits(search, question, threshold, threshold);
        let found: Vec<bool> = self
            .topics
            .iter()
            .filter(|(name, search, _)| fit(name, search))
            .map(|(_, _, right)| *right)
            .collect();
        let answered = found.len() as f64 / self.topics.len() as f64;
        let right = found.iter().filter(|right| **right).count() as f64 / found.len() as f64;
        let wrongly = self.elsewhere.iter().filter(|(question, search)| fit(question, search)).count();
        println!(
            "  at {threshold}: {answered:.2} of topics fit, {right:.2} of them rightly; {wrongly} of 12 from elsewhere"
        );
        wrongly
    }
}

async fn search(library: &Library, question: &str, model: bool) -> Search {
    if model {
        return library.search(question, None, PASSAGES).await.unwrap();
    }
    let found = match ranking::query(question) {
        Some(query) => library.store.by_words(&query, None, PASSAGES).await.unwrap(),
        None => Vec::new(),
    };
    let ids: Vec<i64> = found.into_iter().map(|(id, _)| id).collect();
    let found = library.store.passages(&ids).await.unwrap();
    let hits = found.into_iter().map(|passage| Hit { passage, cosine: None }).collect();
    Search { hits, question: Err(NoEmbedding::Busy) }
}
