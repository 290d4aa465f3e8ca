//! Telling other audio files by their first bytes, so that the refusal can name them.

use std::fmt;

/// A container or stream that is not WAV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the formats' own")]
pub enum Container {
    OggOpus,
    OggVorbis,
    Ogg,
    Mp3,
    Flac,
    Aac,
    Mp4,
    WebM,
    Aiff,
    Caf,
    Au,
    NistSphere,
    Amr,
    Wave64,
    Asf,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Container::OggOpus => "an Ogg/Opus file",
            Container::OggVorbis => "an Ogg/Vorbis file",
            Container::Ogg => "an Ogg file",
            Container::Mp3 => "an MP3 file",
            Container::Flac => "a FLAC file",
            Container::Aac => "an AAC file",
            Container::Mp4 => "an MP4/M4A file",
            Container::WebM => "a WebM/Matroska file",
            Container::Aiff => "an AIFF file",
            Container::Caf => "a Core Audio file",
            Container::Au => "a Sun audio file",
            Container::NistSphere => "a NIST SPHERE file",
            Container::Amr => "an AMR file",
            Container::Wave64 => "a Wave64 file",
            Container::Asf => "a Windows Media file",
        })
    }
}

/// The container these bytes begin like.
pub(super) fn container(bytes: &[u8]) -> Option<Container> {
    let starts: [(&[u8], Container); 11] = [
        (b"ID3", Container::Mp3),
        (b"fLaC", Container::Flac),
        (b"ADIF", Container::Aac),
        (b"\x1a\x45\xdf\xa3", Container::WebM),
        (b"FORM", Container::Aiff),
        (b"caff", Container::Caf),
        (b".snd", Container::Au),
        (b"NIST_1A", Container::NistSphere),
        (b"#!AMR", Container::Amr),
        (b"riff\x2e\x91\xcf\x11", Container::Wave64),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Container::Asf),
    ];
    if let Some((_, container)) = starts.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(*container);
    }
    if bytes.starts_with(b"OggS") {
        // The first page's payload follows a header of 27 bytes and its segment table.
        let payload = bytes.get(26).and_then(|&segments| bytes.get(27 + usize::from(segments)..));
        return Some(match payload {
            Some(page) if page.starts_with(b"OpusHead") => Container::OggOpus,
            Some(page) if page.starts_with(b"\x01vorbis") => Container::OggVorbis,
            Some(_) | None => Container::Ogg,
        });
    }
    if bytes.get(4..8) == Some(b"ftyp".as_slice()) {
        return Some(Container::Mp4);
    }
    match *bytes {
        // MPEG frame sync: eleven ones; layer 0 is ADTS AAC, and version 1 and rate 3 are reserved.
        [0xff, b, ..] if b & 0xf6 == 0xf0 => Some(Container::Aac),
        [0xff, b, c, ..] if b & 0xe0 == 0xe0 && b & 0x18 != 0x08 && c & 0xf0 != 0xf0 && c & 0x0c != 0x0c => {
            Some(Container::Mp3)
        }
        _ => None,
    }
}
