use super::{Container, LONGEST, WavError, decode, encode};
use crate::{Audio, SampleRate, SampleRateError, fixtures};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

/// A RIFF file of these chunks.
fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut out = b"RIFF\0\0\0\0WAVE".to_vec();
    for (id, body) in chunks {
        out.extend_from_slice(*id);
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        out.extend_from_slice(body);
        out.extend_from_slice(&[0][..body.len() % 2]);
    }
    out
}

fn format(tag: u16, channels: u16, hz: u32, frame: u16, bits: u16) -> Vec<u8> {
    let words = |a: u16, b: u16| [a.to_le_bytes(), b.to_le_bytes()].concat();
    [
        words(tag, channels),
        hz.to_le_bytes().into(),
        (hz * u32::from(frame)).to_le_bytes().into(),
        words(frame, bits),
    ]
    .concat()
}

fn extensible(tag: u16, channels: u16, frame: u16, bits: u16, valid: u16) -> Vec<u8> {
    let tail = b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";
    let more = [&22u16.to_le_bytes()[..], &valid.to_le_bytes(), &[0; 4], &tag.to_le_bytes(), tail].concat();
    [format(0xfffe, channels, 16_000, frame, bits), more].concat()
}

fn wav(format: &[u8], data: &[u8]) -> Vec<u8> {
    riff(&[(b"fmt ", format), (b"data", data)])
}

fn samples(bytes: &[u8]) -> Vec<f32> {
    decode(bytes).unwrap().samples
}

#[test]
fn every_width_and_law_has_the_same_full_scale() {
    let float32: Vec<u8> = [-1.0f32, 0.5].iter().flat_map(|s| s.to_le_bytes()).collect();
    let float64: Vec<u8> = [-1.0f64, 0.5].iter().flat_map(|s| s.to_le_bytes()).collect();
    let cases: [(&str, Vec<u8>, Vec<u8>); 9] = [
        ("8 bit", format(1, 1, 8_000, 1, 8), vec![0, 192]),
        ("16 bit", format(1, 1, 16_000, 2, 16), vec![0, 0x80, 0, 0x40]),
        ("24 bit", format(1, 1, 48_000, 3, 24), vec![0, 0, 0x80, 0, 0, 0x40]),
        ("32 bit", format(1, 1, 48_000, 4, 32), vec![0, 0, 0, 0x80, 0, 0, 0, 0x40]),
        ("24 bit in 4 bytes, at the top", extensible(1, 1, 4, 32, 24), vec![0, 0, 0, 0x80, 0, 0, 0, 0x40]),
        ("24 bit in 4 bytes, at the bottom", extensible(1, 1, 4, 32, 24), vec![1, 0, 0x80, 0, 1, 0, 0x40, 0]),
        ("float 32", format(3, 1, 16_000, 4, 32), float32),
        ("float 64", extensible(3, 1, 8, 64, 64), float64.clone()),
        ("float 64, plain", format(3, 1, 16_000, 8, 64), float64),
    ];
    for (name, format, data) in cases {
        let got = samples(&wav(&format, &data));
        let near = got.len() == 2 && (got[0] + 1.0).abs() < 1e-6 && (got[1] - 0.5).abs() < 1e-6;
        assert!(near, "{name}: {got:?}");
    }
    assert_eq!(samples(&wav(&format(7, 1, 8_000, 1, 8), &[0x80, 0xff])), [32_124.0 / 32_768.0, 0.0]);
    assert_eq!(
        samples(&wav(&format(6, 1, 8_000, 1, 8), &[0xaa, 0x55])),
        [32_256.0 / 32_768.0, -8.0 / 32_768.0]
    );
}

#[test]
fn channels_are_averaged_and_an_incomplete_frame_dropped() {
    let stereo = format(1, 2, 44_100, 4, 16);
    assert_eq!(samples(&wav(&stereo, &[0, 0x40, 0, 0, 0, 0x20, 0, 0x20, 0, 0x7f])), [0.25, 0.25]);
}

#[test]
fn values_that_are_no_sound_become_silence_or_full_scale() {
    let data: Vec<u8> = [f32::NAN, f32::INFINITY, 7.0, -7.0].iter().flat_map(|s| s.to_le_bytes()).collect();
    assert_eq!(samples(&wav(&format(3, 1, 16_000, 4, 32), &data)), [0.0, 0.0, 1.0, -1.0]);
}

#[test]
fn chunks_around_the_samples_are_skipped() {
    let format = format(1, 1, 16_000, 2, 16);
    let file = riff(&[
        (b"JUNK", &[1, 2, 3]),
        (b"fmt ", &format),
        (b"LIST", b"odd"),
        (b"data", &[0, 0x40]),
        (b"ID3 ", &[9]),
    ]);
    assert_eq!(samples(&file), [0.5]);
}

#[test]
fn a_stream_whose_length_was_never_filled_in_reaches_to_its_end() {
    for unknown in [u32::MAX, 0x7fff_f000] {
        let mut file = wav(&format(1, 1, 16_000, 2, 16), &[0, 0x40, 0, 0x20]);
        file[40..44].copy_from_slice(&unknown.to_le_bytes());
        assert_eq!(samples(&file), [0.5, 0.25]);
    }
}

#[test]
fn every_defect_has_its_name() {
    let pcm = format(1, 1, 16_000, 2, 16);
    let short = wav(&pcm, &[0; 100]);
    let cases: [(&[u8], WavError); 16] = [
        (b"", WavError::Empty),
        (b"hello", WavError::NotRiff),
        (b"RIFF", WavError::NotWave),
        (b"RIFF\0\0\0\0AVI LIST", WavError::NotWave),
        (&short[..90], WavError::Truncated { chunk: "data".into(), declared: 100, present: 46 }),
        (&short[..40], WavError::Truncated { chunk: "data".into(), declared: 8, present: 4 }),
        (&short[..30], WavError::Truncated { chunk: "fmt ".into(), declared: 16, present: 10 }),
        (&riff(&[(b"data", &[0, 0])]), WavError::NoFormat),
        (&riff(&[(b"fmt ", &pcm)]), WavError::NoData),
        (&riff(&[(b"fmt ", &pcm[..14])]), WavError::ShortFormat(14)),
        (&wav(&pcm, &[]), WavError::NoSamples),
        (&wav(&format(0x11, 1, 16_000, 2, 4), &[0; 4]), WavError::Encoding { tag: 0x11, name: "ADPCM" }),
        (&wav(&format(3, 1, 16_000, 2, 16), &[0; 4]), WavError::SampleSize { bits: 16 }),
        (&wav(&format(1, 0, 16_000, 2, 16), &[0; 4]), WavError::NoChannels),
        (
            &wav(&format(1, 3, 16_000, 4, 16), &[0; 4]),
            WavError::Inconsistent { channels: 3, bits: 16, frame: 4 },
        ),
        (&wav(&format(1, 1, 96, 2, 16), &[0; 4]), WavError::SampleRate(SampleRateError(96))),
    ];
    for (bytes, expected) in cases {
        assert_eq!(decode(bytes), Err(expected));
    }
}

#[test]
fn audio_beyond_ten_minutes_is_refused_before_it_is_converted() {
    let file = wav(&format(1, 1, 8_000, 1, 8), &vec![128; 8_000 * (LONGEST.as_secs() as usize + 1)]);
    assert_eq!(decode(&file), Err(WavError::TooLong { seconds: 601 }));
}

#[test]
fn other_files_are_recognised_by_content_and_refused_by_name() {
    let page = |head: &[u8]| [&b"OggS\0\x02"[..], &[0; 20], &[1, head.len() as u8], head].concat();
    let cases = [
        (page(b"OpusHead\x01"), Container::OggOpus, "this is an Ogg/Opus file; send WAV or raw PCM"),
        (page(b"\x01vorbis"), Container::OggVorbis, "this is an Ogg/Vorbis file; send WAV or raw PCM"),
        (b"OggS".to_vec(), Container::Ogg, "this is an Ogg file; send WAV or raw PCM"),
        (b"ID3\x04".to_vec(), Container::Mp3, "this is an MP3 file; send WAV or raw PCM"),
        (b"\xff\xfb\x90\x64".to_vec(), Container::Mp3, "this is an MP3 file; send WAV or raw PCM"),
        (b"\xff\xf1\x50\x80".to_vec(), Container::Aac, "this is an AAC file; send WAV or raw PCM"),
        (b"fLaC\0".to_vec(), Container::Flac, "this is a FLAC file; send WAV or raw PCM"),
        (b"\0\0\0\x20ftypM4A ".to_vec(), Container::Mp4, "this is an MP4/M4A file; send WAV or raw PCM"),
        (b"\x1a\x45\xdf\xa3".to_vec(), Container::WebM, "this is a WebM/Matroska file; send WAV or raw PCM"),
        (b"NIST_1A\n".to_vec(), Container::NistSphere, "this is a NIST SPHERE file; send WAV or raw PCM"),
    ];
    for (bytes, container, message) in cases {
        let error = decode(&bytes).unwrap_err();
        assert_eq!(error, WavError::OtherContainer(container));
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn what_is_written_is_read_by_another_reader_too() {
    let audio = Audio { rate: SampleRate::HZ_24000, samples: vec![0.0, 0.5, -1.0, 1.0, -0.25] };
    let bytes = encode(&audio);
    let mut reader = hound::WavReader::new(&bytes[..]).unwrap();
    assert_eq!(
        (reader.spec().channels, reader.spec().sample_rate, reader.spec().bits_per_sample),
        (1, 24_000, 16)
    );
    let theirs: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    assert_eq!(theirs, [0, 16_384, -32_768, 32_767, -8_192]);
    assert_eq!(decode(&bytes).unwrap().rate, audio.rate);
}

/// Whether hound, where it reads a file, reads the same from it.
fn agrees_with_hound(bytes: &[u8], ours: &Audio) -> Option<bool> {
    let mut reader = hound::WavReader::new(bytes).ok()?;
    let spec = reader.spec();
    let theirs: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>().ok()?,
        hound::SampleFormat::Int => {
            let scale = (1u64 << (spec.bits_per_sample - 1)) as f32;
            reader.samples::<i32>().map(|s| s.map(|s| s as f32 / scale)).collect::<Result<_, _>>().ok()?
        }
    };
    let channels = usize::from(spec.channels);
    let mono = theirs.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32);
    let near = mono.zip(&ours.samples).all(|(a, b)| (a.clamp(-1.0, 1.0) - b).abs() < 1e-4);
    Some(near && theirs.len() / channels == ours.samples.len())
}

#[test]
fn odd_and_broken_files_from_elsewhere() {
    let Some(dir) = fixtures::eval().map(|eval| eval.join("robustness/audio")) else { return };
    let manifest = std::fs::read_to_string(dir.join("manifest.tsv")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in manifest.lines().skip(1) {
        let mut columns = line.split('\t');
        let (file, kind) = (columns.next().unwrap(), columns.nth(1).unwrap());
        let bytes = std::fs::read(dir.join(file)).unwrap();
        let result = decode(&bytes);
        count += 1;
        println!(
            "{kind:14} {file}: {}",
            match &result {
                Ok(audio) => format!("{} samples at {}", audio.samples.len(), audio.rate),
                Err(error) => error.to_string(),
            }
        );
        let fine = match (kind, &result) {
            ("malformed_wav", Err(WavError::OtherContainer(_)) | Ok(_)) => false,
            ("malformed_wav", Err(_)) => true,
            ("valid_odd_wav", Ok(audio)) => agrees_with_hound(&bytes, audio) != Some(false),
            // One has a rate nothing here uses.
            ("valid_odd_wav", Err(error)) => matches!(error, WavError::SampleRate(_)),
            ("malformed_flac", Err(WavError::OtherContainer(container))) => *container == Container::Flac,
            ("malformed_flac", Err(error)) => *error == WavError::NotRiff && !bytes.starts_with(b"fLaC"),
            ("opus", Err(WavError::OtherContainer(container))) => *container == Container::OggOpus,
            ("wrong_container", Err(error)) => matches!(error, WavError::OtherContainer(_)),
            (_, Ok(_) | Err(_)) => false,
        };
        if !fine {
            wrong.push(format!("{kind} {file}: {result:.80?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 0, "{} lists nothing", dir.display());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(audio) = decode(&bytes) {
            prop_assert!(audio.samples.len() <= bytes.len());
        }
    }

    #[test]
    fn a_spoilt_file_is_read_or_refused_and_gives_no_more_than_its_bytes(
        shape in 0usize..8,
        data in prop::collection::vec(any::<u8>(), 0..200),
        spoil in prop::collection::vec((0usize..300, any::<u8>()), 0..6),
        keep in 0usize..320,
    ) {
        let format = match shape {
            0 => format(1, 1, 8_000, 1, 8),
            1 => format(1, 2, 16_000, 4, 16),
            2 => format(3, 1, 48_000, 8, 64),
            3 => extensible(1, 1, 4, 32, 24),
            4 => extensible(3, 2, 8, 32, 32),
            5 => format(7, 1, 8_000, 1, 8),
            6 => format(1, 3, 44_100, 9, 24),
            _ => format(1, 1, 44_100, 8, 53),
        };
        let mut file = wav(&format, &data);
        for (at, byte) in spoil {
            let at = at % file.len();
            file[at] = byte;
        }
        file.truncate(keep);
        if let Ok(audio) = decode(&file) {
            prop_assert!(audio.samples.len() <= file.len());
            prop_assert!(audio.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
        }
    }

    #[test]
    fn sixteen_bit_audio_comes_back_as_it_went(values in prop::collection::vec(any::<i16>(), 1..400), hz in 8_000u32..=192_000) {
        let samples = values.iter().map(|&value| f32::from(value) / 32_768.0).collect();
        let audio = Audio { rate: SampleRate::try_from(hz).unwrap(), samples };
        prop_assert_eq!(decode(&encode(&audio)), Ok(audio));
    }
}
