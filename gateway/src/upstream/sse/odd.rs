//! Event streams that come in pieces, with other ends of lines, without end, or are none.

use futures::stream;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

use super::*;

const WHOLE: &str = ":a comment\n\nevent: endpoint\ndata: /messages?a=b:c\n\nid: 1\nretry: 10\nevent: message\n\
    data: {\"jsonrpc\":\"2.0\",\"id\":1,\ndata: \"result\":{}}\n\ndata:é\u{1f600}\ndata:\n\ndata:   \n\n";

/// The events of a stream that comes in these pieces, up to the first failure.
fn read(pieces: impl IntoIterator<Item = Vec<u8>>) -> (Vec<Sse>, Option<SseError>) {
    let pieces: Vec<_> = pieces.into_iter().map(|piece| Ok(Bytes::from(piece))).collect();
    let mut events = events(stream::iter(pieces), Url::parse("http://h.example/").unwrap());
    futures::executor::block_on(async {
        let mut found = Vec::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => found.push(event),
                Err(error) => return (found, Some(error)),
            }
        }
        (found, None)
    })
}

fn all(text: &[u8]) -> (Vec<Sse>, Option<SseError>) {
    read([text.to_vec()])
}

fn cut(text: &[u8], places: &[usize]) -> Vec<Vec<u8>> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (text.len() + 1)).collect();
    places.sort_unstable();
    let ends = places.iter().copied().chain([text.len()]);
    let starts = [0].into_iter().chain(places.iter().copied());
    starts.zip(ends).map(|(start, end)| text[start..end].to_vec()).collect()
}

fn size(events: &[Sse]) -> usize {
    let of = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    events.iter().map(|event| of(&event.event) + of(&event.data) + of(&event.id)).sum()
}

#[test]
fn what_is_cut_anywhere_is_no_event() {
    let (whole, failed) = all(WHOLE.as_bytes());
    assert_eq!((whole.len(), failed), (4, None));
    assert!(message(&whole[1]).is_some() && message(&whole[0]).is_none());
    for end in 0..WHOLE.len() {
        let (found, failed) = all(&WHOLE.as_bytes()[..end]);
        assert!(failed.is_none() && whole.starts_with(&found), "cut at {end}: {found:?}");
    }
}

#[test]
fn every_end_of_a_line_is_one_wherever_the_stream_is_cut() {
    let whole = all(WHOLE.as_bytes());
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("\u{feff}{}", WHOLE.replace('\n', end)).into_bytes();
        for place in 0..=text.len() {
            assert_eq!(read(cut(&text, &[place])), whole, "{end:?} cut at {place}");
        }
        assert_eq!(read(text.iter().map(|byte| vec![*byte])), whole, "{end:?} byte by byte");
    }
}

#[test]
fn what_is_no_event_stream_breaks_it_with_a_reason() {
    for odd in [
        &b"data: \xff\xfe\n\n"[..],
        b"\xff\xff\n\n",
        b"data\n\n",
        b"<html>\n\n",
        b"{\"jsonrpc\":\"2.0\"}\n\n",
        b"retry: soon\n\n",
        b"retry: 99999999999999999999999\n\n",
        b"event: a\nevent: b\n\n",
        b"id: 1\nid: 2\n\n",
    ] {
        let (found, failed) = all(odd);
        let Some(SseError::Broken(reason)) = failed else { panic!("{odd:?}: {failed:?}") };
        assert!(found.is_empty() && !reason.is_empty(), "{odd:?}");
    }
    for fine in [&b""[..], b"\n\n\n", b"\r\r\r", b":\n:\n\n", b"\xef\xbb\xbf", b"id: a\0b\n\n"] {
        assert_eq!(all(fine), (Vec::new(), None), "{fine:?}");
    }
}

#[test]
fn an_event_without_end_is_too_large_and_a_stream_without_end_is_not() {
    let endless = ["data: ", "data: x\ndata: ", ":", "data: x\r"]
        .map(|line| line.repeat(MAX_ANSWER / 8 / line.len() + 1).into_bytes());
    for piece in endless {
        let (found, failed) = read(vec![piece.clone(); 9]);
        assert_eq!(
            failed,
            Some(SseError::Broken(format!("an event exceeds {MAX_ANSWER} bytes"))),
            "{:?}",
            &piece[..8]
        );
        assert!(found.is_empty());
    }
    for end in ["\n", "\r\n", "\r"] {
        let event = format!("data: {}{end}{end}", "x".repeat(60_000));
        let piece = event.repeat(20).into_bytes();
        let (found, failed) = read(vec![piece; 8]);
        assert_eq!((found.len(), failed), (160, None), "{end:?}");
    }
}

#[test]
fn what_is_deep_or_no_message_is_passed_over() {
    for data in [
        "[".repeat(10_000),
        "{\"a\":".repeat(10_000),
        String::new(),
        "null".into(),
        "{}".into(),
        "[1,2]".into(),
    ] {
        let (found, failed) = all(format!("data: {data}\n\n").as_bytes());
        assert_eq!((found.len(), failed), (1, None));
        assert!(message(&found[0]).is_none(), "{:.20}", data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_events_no_larger_than_they_are(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        places in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let (found, failed) = read(cut(&bytes, &places));
        prop_assert!(size(&found) <= bytes.len());
        prop_assert!(failed.is_none_or(|error| !error.to_string().is_empty()));
    }

    #[test]
    fn any_row_of_lines_is_the_same_in_one_piece_and_in_many(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..30),
        places in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let text = parts.concat().into_bytes();
        let (whole, failed) = all(&text);
        let (found, broke) = read(cut(&text, &places));
        prop_assert_eq!(failed.is_some(), broke.is_some());
        prop_assert!(failed.is_some() || whole == found);
    }

    #[test]
    fn a_message_comes_back_from_its_event(data in "[^\\pC]{0,60}", id in any::<i64>()) {
        let answer = serde_json::json!({"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": data}]}});
        let event = Sse::default().event("message").data(answer.to_string());
        let (found, failed) = all(&Bytes::from(event));
        prop_assert_eq!(failed, None);
        prop_assert_eq!(found.len(), 1);
        let read = message(&found[0]).and_then(|message| serde_json::to_value(message).ok());
        let text = read.map(|read| read["result"]["content"][0]["text"].clone());
        prop_assert_eq!(text, Some(serde_json::Value::from(data)));
    }
}

/// What a stream is made of.
const PARTS: &[&str] = &[
    "data: x",
    "data:",
    "event: message",
    "id: 1",
    "retry: 1",
    ":",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\r\n\r\n",
    "é",
    " ",
    "{}",
];
