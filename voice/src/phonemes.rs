//! How words sound: text to IPA by the `espeak-ng` program.
//!
//! espeak-ng is GPL-3, so it is never linked: the person's own installed program runs as a child process and is
//! given plain text on standard input, never through a shell. One child per clause: it takes about 7 ms where a
//! long-lived one takes 1 ms, but its output has no frames, and a reply that slips by one line would speak the wrong
//! words for ever after. espeak-ng drops punctuation, which carries the melody, so it is split off and put back.

mod marks;

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use marks::Piece;

/// The longest text taken at once, in bytes; a clause is far shorter. It fits into a pipe's buffer, so that writing
/// it never waits for the child.
pub const LONGEST: usize = 2_000;
/// How long the child may take.
const DEADLINE: Duration = Duration::from_secs(2);
/// espeak-ng breaks longer lines in two.
const LONGEST_LINE: usize = 400;

/// Why a text has no phonemes.
#[derive(Debug, thiserror::Error)]
pub enum PhonemeError {
    /// The program is not installed.
    #[error(
        "the program espeak-ng is not installed: install the Debian package espeak-ng (apt-get install espeak-ng)"
    )]
    Missing,
    /// The program is there and could not be run.
    #[error("espeak-ng could not be run: {0}")]
    Run(#[source] std::io::Error),
    /// The program did not finish in time and was stopped.
    #[error("espeak-ng did not answer within {} s and was stopped", .0.as_secs_f32())]
    Hung(Duration),
    /// The program ended with an error.
    #[error("espeak-ng failed: {0}")]
    Failed(String),
    /// Not the name of an espeak-ng voice.
    #[error(
        "\"{0}\" is not the name of an espeak-ng voice: use one that `espeak-ng --voices` lists, such as en-us"
    )]
    Voice(String),
    /// More than [`LONGEST`] bytes.
    #[error("a text of {0} bytes is too long to speak at once: split it into clauses")]
    TooLong(usize),
}

/// The espeak-ng program with one of its voices.
#[derive(Debug, Clone)]
pub struct Espeak {
    program: OsString,
    voice: String,
    deadline: Duration,
}

impl Espeak {
    /// The program on the `PATH` with a voice such as `en-us`. Nothing is run yet.
    pub fn new(voice: &str) -> Result<Espeak, PhonemeError> {
        Espeak::with("espeak-ng".into(), voice, DEADLINE)
    }

    fn with(program: OsString, voice: &str, deadline: Duration) -> Result<Espeak, PhonemeError> {
        let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+');
        // A leading dash would be read as an option.
        if voice.is_empty() || voice.len() > 40 || voice.starts_with('-') || !voice.bytes().all(named) {
            return Err(PhonemeError::Voice(voice.to_owned()));
        }
        Ok(Espeak { program, voice: voice.to_owned(), deadline })
    }

    /// The phonemes of `text` with its punctuation (`. , ! ? ; :`); empty when it has no words.
    pub fn phonemes(&self, text: &str) -> Result<String, PhonemeError> {
        if text.len() > LONGEST {
            return Err(PhonemeError::TooLong(text.len()));
        }
        let pieces: Vec<Piece> =
            marks::split(text).into_iter().flat_map(|piece| piece.lines(LONGEST_LINE)).collect();
        if pieces.is_empty() {
            return Ok(String::new());
        }
        let input: String = pieces.iter().map(|piece| format!("{}\n", piece.words)).collect();
        let output = self.run(&input)?;
        let lines: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.len() == pieces.len() {
            return Ok(marks::join(pieces.iter().map(|piece| piece.mark).zip(lines)));
        }
        // A line was broken in two: ask for each alone, so that no mark lands in the wrong place.
        let mut spoken = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            spoken.push((piece.mark, self.run(&format!("{}\n", piece.words))?.replace('\n', " ")));
        }
        Ok(marks::join(spoken.iter().map(|(mark, line)| (*mark, line.trim()))))
    }

    fn run(&self, input: &str) -> Result<String, PhonemeError> {
        let mut child = Command::new(&self.program)
            .args(["-q", "--ipa=3", "-v", &self.voice])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| {
                if e.kind() == ErrorKind::NotFound { PhonemeError::Missing } else { PhonemeError::Run(e) }
            })?;
        let result = self.talk(&mut child, input);
        if result.is_err() {
            // Gone already, or told to go; either way it is reaped below.
            child.kill().ok();
        }
        let status = child.wait().map_err(PhonemeError::Run)?;
        let (output, complaint) = result?;
        if !status.success() {
            let complaint = complaint.lines().next().unwrap_or_default().trim();
            return Err(PhonemeError::Failed(format!("{complaint} ({status})")));
        }
        Ok(output)
    }

    /// Writes the input and reads both outputs to their end, within the deadline.
    fn talk(&self, child: &mut Child, input: &str) -> Result<(String, String), PhonemeError> {
        if let Some(mut stdin) = child.stdin.take() {
            match stdin.write_all(input.as_bytes()) {
                // It ended without reading: what it complained about is worth more than the broken pipe.
                Err(e) if e.kind() == ErrorKind::BrokenPipe => {}
                written => written.map_err(PhonemeError::Run)?,
            }
        }
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (done, finished) = mpsc::sync_channel(1);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut output = Vec::new();
                let mut complaint = Vec::new();
                let read =
                    stdout.map_or(Ok(0), |pipe| pipe.take(64 * 1024).read_to_end(&mut output)).and_then(
                        |_| stderr.map_or(Ok(0), |pipe| pipe.take(4 * 1024).read_to_end(&mut complaint)),
                    );
                let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
                // Nobody listens any more once the deadline has passed.
                done.send(read.map(|_| (text(output), text(complaint)))).ok();
            });
            match finished.recv_timeout(self.deadline) {
                Ok(read) => read.map_err(PhonemeError::Run),
                Err(_) => {
                    // Ends the reading above, so that the scope can close.
                    child.kill().ok();
                    Err(PhonemeError::Hung(self.deadline))
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Espeak, LONGEST, PhonemeError};
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    fn espeak() -> Espeak {
        Espeak::new("en-us").unwrap()
    }

    /// `Espeak` on a shell script in place of the program.
    fn scripted(folder: &tempfile::TempDir, script: &str, deadline: Duration) -> Espeak {
        let program = folder.path().join("espeak-ng");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Espeak::with(program.into(), "en-us", deadline).unwrap()
    }

    #[test]
    fn punctuation_survives() {
        let ipa = espeak().phonemes("Hello, world! Is it five p.m.? Dr. Smith says: yes.").unwrap();
        let marks: String = ipa.chars().filter(|c| ".,!?;:".contains(*c)).collect();
        assert_eq!(marks, ",!?:.");
        assert!(ipa.starts_with("həlˈo"), "{ipa}");
    }

    #[test]
    fn texts_without_words_are_silent() {
        for text in ["", "  ", "...", "?!", "\n"] {
            assert_eq!(espeak().phonemes(text).unwrap(), "", "{text:?}");
        }
    }

    #[test]
    fn options_and_markup_in_the_text_are_only_text() {
        for text in ["--version", "-f /etc/passwd", "$(id); `id` | id", "[[h@loU]] <b>bold</b>", "a\nb\rc\0d"]
        {
            let ipa = espeak().phonemes(text).unwrap();
            assert!(!ipa.is_empty() && !ipa.contains(['\n', '\0']), "{text:?}: {ipa}");
        }
        assert!(!espeak().phonemes("--version").unwrap().contains("eSpeak"));
    }

    #[test]
    fn long_texts_keep_their_order_and_end() {
        let text = "one two three four five six seven eight nine ten ".repeat(30) + "stop.";
        let ipa = espeak().phonemes(&text).unwrap();
        assert!(ipa.trim_end().ends_with("stˈɑːp."), "{ipa}");
        let error = espeak().phonemes(&"a".repeat(LONGEST + 1)).unwrap_err();
        assert!(matches!(error, PhonemeError::TooLong(_)), "{error}");
    }

    #[test]
    fn a_missing_program_names_its_package() {
        let espeak = Espeak::with("/nowhere/espeak-ng".into(), "en-us", Duration::from_secs(1)).unwrap();
        let error = espeak.phonemes("hello").unwrap_err();
        assert!(matches!(error, PhonemeError::Missing));
        assert!(error.to_string().contains("apt-get install espeak-ng"), "{error}");
    }

    #[test]
    fn a_hanging_program_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let espeak = scripted(&folder, "exec sleep 600", Duration::from_millis(50));
        assert!(matches!(espeak.phonemes("hello").unwrap_err(), PhonemeError::Hung(_)));
    }

    #[test]
    fn a_failing_program_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let espeak = scripted(&folder, "echo 'no data' >&2; exit 3", Duration::from_secs(10));
        let error = espeak.phonemes("hello").unwrap_err();
        assert!(matches!(&error, PhonemeError::Failed(said) if said.contains("no data")), "{error}");
        let error = Espeak::new("xx-nope").unwrap().phonemes("hello").unwrap_err();
        assert!(matches!(error, PhonemeError::Failed(_)), "{error}");
    }

    #[test]
    fn a_voice_is_never_an_option() {
        for voice in ["", "-q", "en us", "en;id", "../x", "ü"] {
            assert!(matches!(Espeak::new(voice), Err(PhonemeError::Voice(_))), "{voice:?}");
        }
    }
}
