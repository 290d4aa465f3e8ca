use super::{
    Encoding, PcmError, alaw_to_i16, decode_s16le, encode_alaw, encode_s16le, encode_ulaw, i16_to_alaw,
    i16_to_ulaw, ulaw_to_i16,
};
use crate::fixtures;
use proptest::prelude::{any, prop, prop_assert_eq, proptest};

/// FNV-1a, to compare whole tables with the reference's.
fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn mulaw_bytes_decode_as_in_g711() {
    let table = [
        (0x00, -32_124),
        (0x0f, -16_764),
        (0x2a, -5_372),
        (0x55, -716),
        (0x7e, -8),
        (0x7f, 0),
        (0x80, 32_124),
        (0xaa, 5_372),
        (0xf0, 120),
        (0xfe, 8),
        (0xff, 0),
    ];
    for (byte, sample) in table {
        assert_eq!(ulaw_to_i16(byte), sample, "byte {byte:#04x}");
    }
}

#[test]
fn alaw_bytes_decode_as_in_g711() {
    let table = [
        (0x00, -5_504),
        (0x0f, -6_784),
        (0x2a, -32_256),
        (0x55, -8),
        (0x7f, -848),
        (0x80, 5_504),
        (0xaa, 32_256),
        (0xd5, 8),
        (0xf0, 688),
        (0xff, 848),
    ];
    for (byte, sample) in table {
        assert_eq!(alaw_to_i16(byte), sample, "byte {byte:#04x}");
    }
}

#[test]
fn samples_encode_as_in_g711() {
    let table = [
        (i16::MIN, 0x00, 0x2a),
        (-1_000, 0x4e, 0x7a),
        (-132, 0x6f, 0x5d),
        (-1, 0x7e, 0x55),
        (0, 0xff, 0xd5),
        (4, 0xfe, 0xd5),
        (16, 0xfd, 0xd4),
        (100, 0xf2, 0xd3),
        (1_000, 0xce, 0xfa),
        (8_031, 0xa0, 0x8a),
        (i16::MAX, 0x80, 0xaa),
    ];
    for (sample, ulaw, alaw) in table {
        assert_eq!((i16_to_ulaw(sample), i16_to_alaw(sample)), (ulaw, alaw), "sample {sample}");
    }
}

/// Hashes of the whole tables as CPython 3.11's `audioop` has them (`ulaw2lin`, `alaw2lin` of all bytes, `lin2ulaw`,
/// `lin2alaw` of all samples from the lowest up), which follows the ITU's reference code.
#[test]
fn every_entry_agrees_with_the_reference_tables() {
    let decoded = |law: fn(u8) -> i16| fnv((0..=255).flat_map(|byte| law(byte).to_le_bytes()));
    let encoded = |law: fn(i16) -> u8| fnv((i16::MIN..=i16::MAX).map(law));
    assert_eq!(decoded(ulaw_to_i16), 0xb91e_65d6_8481_a1a8);
    assert_eq!(decoded(alaw_to_i16), 0x693a_40ca_62a3_d2a5);
    assert_eq!(encoded(i16_to_ulaw), 0xd5ee_23f7_d0ff_ae91);
    assert_eq!(encoded(i16_to_alaw), 0xf030_666e_b780_cf25);
}

#[test]
fn sixteen_bit_samples_survive_unchanged() {
    let bytes: Vec<u8> = (i16::MIN..=i16::MAX).flat_map(i16::to_le_bytes).collect();
    assert_eq!(encode_s16le(&decode_s16le(&bytes).unwrap()), bytes);
}

#[test]
fn companded_bytes_survive_but_for_negative_zero() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(encode_alaw(&Encoding::Alaw.decode(&bytes).unwrap()), bytes);
    let again = encode_ulaw(&Encoding::Ulaw.decode(&bytes).unwrap());
    for (before, after) in bytes.iter().zip(again) {
        assert_eq!(after, if *before == 0x7f { 0xff } else { *before });
    }
}

#[test]
fn half_a_sample_is_refused_with_its_length() {
    assert_eq!(decode_s16le(&[1, 2, 3]), Err(PcmError::OddLength(3)));
    assert_eq!(decode_s16le(&[]), Ok(vec![]));
}

#[test]
fn too_loud_is_clipped_and_nonsense_is_silence() {
    let samples = [2.0, -2.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    let expected: Vec<u8> =
        [i16::MAX, i16::MIN, i16::MAX, i16::MIN, 0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    assert_eq!(Encoding::S16le.encode(&samples), expected);
    assert_eq!(Encoding::S16le.bytes_per_sample() * samples.len(), expected.len());
}

const ALL: [Encoding; 3] = [Encoding::S16le, Encoding::Ulaw, Encoding::Alaw];

/// What is wrong with how bytes are read as raw sound, if anything.
fn fault(bytes: &[u8]) -> Option<String> {
    ALL.into_iter().find_map(|encoding| match encoding.decode(bytes) {
        Ok(samples) => {
            let whole = samples.len() * encoding.bytes_per_sample() == bytes.len();
            let sound = samples.iter().all(|sample| (-1.0..=1.0).contains(sample));
            (!whole || !sound).then(|| format!("{encoding:?} of {} bytes", bytes.len()))
        }
        Err(error) => {
            let odd = encoding == Encoding::S16le && bytes.len() % 2 == 1;
            (!odd || error != PcmError::OddLength(bytes.len())).then(|| format!("{encoding:?}: {error}"))
        }
    })
}

/// Whoever sends a file in place of samples hears noise, and nothing else happens.
#[test]
fn files_in_place_of_samples_are_noise() {
    let Some(dir) = fixtures::eval().map(|eval| eval.join("robustness/audio")) else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
        let file = entry.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(fault(&bytes), None, "{}", file.display());
        assert_eq!(fault(&bytes[..bytes.len().saturating_sub(1)]), None, "{}", file.display());
        count += 1;
    }
    assert!(count > 0, "{} is empty", dir.display());
}

proptest! {
    #[test]
    fn any_bytes_are_as_many_samples_as_they_hold(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        prop_assert_eq!(fault(&bytes), None);
    }

    #[test]
    fn samples_that_were_rounded_once_stay(samples in prop::collection::vec(any::<f32>(), 0..200)) {
        for encoding in ALL {
            let bytes = encoding.encode(&samples);
            prop_assert_eq!(bytes.len(), samples.len() * encoding.bytes_per_sample());
            let again = encoding.decode(&bytes).unwrap_or_default();
            prop_assert_eq!(encoding.encode(&again), bytes);
        }
    }
}
