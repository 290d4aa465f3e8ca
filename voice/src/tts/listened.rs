//! What the voices say, heard by the product's own ears.

use std::time::Instant;

use super::{Tts, load};
use crate::asr::{Asr, AsrOptions, Whisper};
use crate::{Audio, SampleRate, clauses, fixtures, loudness, resample, speakable};
use homepilot_models::cancel::Cancel;

const VOICES: [&str; 2] = ["piper-en_US-joe-medium", "hibari-heart"];

/// The sound of a text at 16 kHz, clause by clause as the product speaks it.
fn said(tts: &mut dyn Tts, text: &str) -> Vec<f32> {
    let mut whole = vec![0.0; 4_800];
    for clause in clauses::split(text) {
        let samples = tts.speak(&speakable::speakable(&clause), 1.0, &Cancel::new()).unwrap();
        let audio = resample::convert(&Audio { rate: tts.rate(), samples }, SampleRate::HZ_16000);
        let mut samples = audio.samples;
        loudness::normalise(&mut samples);
        whole.extend(samples);
    }
    whole.extend([0.0; 4_800]);
    whole
}

fn words(text: &str) -> Vec<String> {
    let kept = |c: char| if c.is_alphanumeric() || c == '\'' { c } else { ' ' };
    let plain: String = text.to_lowercase().chars().map(kept).collect();
    plain.split_whitespace().map(str::to_owned).collect()
}

/// Words of `spoken` that `heard` has in order.
fn found(spoken: &[String], heard: &[String]) -> usize {
    let mut row = vec![0usize; heard.len() + 1];
    for word in spoken {
        let mut diagonal = 0;
        for (j, other) in heard.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if word == other { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[heard.len()]
}

#[test]
fn what_either_voice_says_is_understood() {
    let mut ears = Whisper::load(&fixtures::model("whisper-tiny.en"), 1).unwrap();
    let text = "The reminder to water the plants is set for tomorrow morning.";
    for voice in VOICES {
        let mut tts = load(&fixtures::model(voice)).unwrap();
        let heard =
            ears.transcribe(&said(tts.as_mut(), text), &AsrOptions::default(), &Cancel::new()).unwrap();
        let (spoken, heard) = (words(text), words(&heard.text));
        assert!(found(&spoken, &heard) + 1 >= spoken.len(), "{voice}: {heard:?}");
    }
}

#[test]
#[ignore = "prints what is heard of many sentences: cargo test --release -p homepilot-voice listened -- --ignored --nocapture"]
fn figures() {
    let mut ears = Whisper::load(&fixtures::model("whisper-tiny.en"), 1).unwrap();
    for voice in VOICES {
        let mut tts = load(&fixtures::model(voice)).unwrap();
        tts.speak("Ready.", 1.0, &Cancel::new()).unwrap();
        let (mut spoken, mut understood) = (0, 0);
        let (mut sound, mut work) = (0.0, 0.0);
        let mut first = Vec::new();
        for text in SENTENCES {
            let clause = clauses::split(text).first().map(|c| speakable::speakable(c)).unwrap_or_default();
            let begun = Instant::now();
            tts.speak(&clause, 1.0, &Cancel::new()).unwrap();
            first.push(begun.elapsed().as_millis());
            let begun = Instant::now();
            let samples = said(tts.as_mut(), text);
            work += begun.elapsed().as_secs_f64();
            sound += samples.len() as f64 / 16_000.0;
            let heard = ears.transcribe(&samples, &AsrOptions::default(), &Cancel::new()).unwrap();
            let (meant, got) = (words(&speakable::speakable(text)), words(&heard.text));
            spoken += meant.len();
            understood += found(&meant, &got);
            println!("{text}\n   says  {}\n   heard {}", speakable::speakable(text), heard.text);
        }
        first.sort_unstable();
        println!(
            "== {voice}: {understood} of {spoken} words, real-time factor {:.3}, first clause p50 {} ms, most {} ms",
            work / sound,
            first[first.len() / 2],
            first[first.len() - 1]
        );
    }
}

const SENTENCES: [&str; 40] = [
    "I'll set a reminder to call the plumber, tomorrow at 5 p.m. Shall I?",
    "I'll send an email to jo.smith@example.org, with the subject lunch. Shall I?",
    "I'll add the task: renew my passport, due on Friday. Shall I?",
    "Done. Your reminder is set for 17:45.",
    "Okay, I won't. Nothing was done.",
    "The meeting is from 10:00-11:30 on Thu, Nov 26.",
    "Your flight LH1234 leaves at 06:05 from gate B12.",
    "That comes to $1,249.50, or €1,150.",
    "The subscription is $5/month after 30 days.",
    "It is 21°C now and -3 °C tonight.",
    "There is a 40% chance of rain.",
    "The office is at 400 North Oak Ave, Portland, OR 97201.",
    "Call me on +1 (555) 123-4567.",
    "Your code is 004217.",
    "See https://www.example.com/pricing for the details.",
    "The server runs at localhost:8000.",
    "You have 3 tasks: buy milk, water the plants and call Sara.",
    "Rent was paid on 2026-11-01.",
    "The warranty ends in March 2031.",
    "She was born on 3 March 1999.",
    "It weighs 2½ kg and is 1.8 m long.",
    "Open 24/7, e.g. on Sundays.",
    "I found 1,250 messages from Dr. Lee.",
    "The file is called report_final_v2.pdf.",
    "Lunch w/ Sam at 12:30.",
    "The first is on the 21st, the second on the 2nd.",
    "Version 2.5.1 is out.",
    "It takes 45 min by car, or 1 hr 20 min by train.",
    "The password has 12 characters & no spaces.",
    "He owes you £20.05.",
    "Nov 23-25 is free, Mon–Wed.",
    "The drive is 12 km at 60 km/h.",
    "Order #4417 ships in 3-5 days.",
    "I couldn't reach the calendar, and nothing was done.",
    "Your IBAN ends in 0132.",
    "It is 9:05 in London and 4:05 in New York.",
    "Sorry, I didn't get that. Shall I send the message?",
    "The ratio is 3/4 and the sum is 12 + 7 = 19.",
    "I didn't hear a yes, so I did nothing.",
    "Reminder: the dentist, at 8:15 a.m.",
];
