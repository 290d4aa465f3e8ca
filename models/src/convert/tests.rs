use std::collections::BTreeMap;
use std::io::Cursor;

use proptest::prelude::*;

use super::*;

const WIDTH: usize = 4;
const VOCABULARY: &[u8] = b"a\nb\n<|endoftext|>\n";

/// A CTranslate2 file of one layer a side in float32; value `n` of a variable is its rows' number plus `n / 1000`,
/// biases of keys are zero.
struct Made(Vec<(String, Vec<u32>)>);

impl Made {
    fn new() -> Self {
        let d = WIDTH as u32;
        let mut list = Vec::new();
        let mut add = |name: String, dims: &[u32]| list.push((name, dims.to_vec()));
        let attention = |add: &mut dyn FnMut(String, &[u32]), at: &str, linear: &[u32]| {
            add(format!("{at}/layer_norm/gamma"), &[d]);
            add(format!("{at}/layer_norm/beta"), &[d]);
            for (n, parts) in linear.iter().enumerate() {
                add(format!("{at}/linear_{n}/weight"), &[parts * d, d]);
                add(format!("{at}/linear_{n}/bias"), &[parts * d]);
            }
        };
        for side in ["encoder", "decoder"] {
            add(format!("{side}/position_encodings/encodings"), &[6, d]);
            add(format!("{side}/layer_norm/gamma"), &[d]);
            add(format!("{side}/layer_norm/beta"), &[d]);
            attention(&mut add, &format!("{side}/layer_0/self_attention"), &[3, 1]);
            attention(&mut add, &format!("{side}/layer_0/ffn"), &[4, 1]);
        }
        attention(&mut add, "decoder/layer_0/attention", &[1, 2, 1]);
        for (conv, inputs) in [("conv1", 80), ("conv2", d)] {
            add(format!("encoder/{conv}/weight"), &[d, inputs, 3]);
            add(format!("encoder/{conv}/bias"), &[d]);
        }
        add("decoder/embeddings/weight".into(), &[3, d]);
        Self(list)
    }

    fn values(name: &str, dims: &[u32]) -> Vec<f32> {
        let width: u32 = dims[1..].iter().product();
        let is_key = |row: u32| match name {
            name if name.ends_with("self_attention/linear_0/bias") => (4..8).contains(&row),
            "decoder/layer_0/attention/linear_1/bias" => row < 4,
            _ => false,
        };
        let value =
            |n: u32| if is_key(n / width) { 0.0 } else { (n / width) as f32 + (n % width) as f32 / 1024.0 };
        (0..dims[0] * width).map(value).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut file = Vec::new();
        file.extend(6_u32.to_le_bytes());
        put_string(&mut file, "WhisperSpec");
        file.extend(3_u32.to_le_bytes());
        file.extend((self.0.len() as u32 + 2).to_le_bytes());
        for side in ["encoder", "decoder"] {
            put_variable(&mut file, &format!("{side}/num_heads"), &[], 1, &[2]);
        }
        for (name, dims) in &self.0 {
            let data: Vec<u8> =
                Self::values(name, dims).iter().flat_map(|value| value.to_le_bytes()).collect();
            put_variable(&mut file, name, dims, 0, &data);
        }
        file.extend(0_u32.to_le_bytes());
        file
    }
}

fn put_string(file: &mut Vec<u8>, text: &str) {
    file.extend((text.len() as u16 + 1).to_le_bytes());
    file.extend(text.as_bytes());
    file.push(0);
}

fn put_variable(file: &mut Vec<u8>, name: &str, dims: &[u32], dtype: u8, data: &[u8]) {
    put_string(file, name);
    file.push(dims.len() as u8);
    file.extend(dims.iter().flat_map(|dim| dim.to_le_bytes()));
    file.push(dtype);
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
}

fn convert(model: &[u8]) -> Result<Vec<u8>, ConvertError> {
    let mut out = Vec::new();
    from_reader(Cursor::new(model), VOCABULARY, &mut out)?;
    Ok(out)
}

/// Dimensions and values of each tensor of a ggml file, after checking what stands before them.
fn read_back(file: &[u8]) -> BTreeMap<String, (Vec<i32>, Vec<f32>)> {
    let mut at = 0;
    let mut take = |len: usize| {
        at += len;
        file.get(at - len..at)
    };
    let mut integer = move |_: ()| take(4).map(|bytes| i32::from_le_bytes(bytes.try_into().unwrap()));
    let header: Vec<i32> = (0..12).map(|_| integer(()).unwrap()).collect();
    assert_eq!(header, [0x6767_6d6c, 3, 6, 4, 2, 1, 6, 4, 2, 1, 80, 1]);
    assert_eq!((integer(()), integer(())), (Some(80), Some(201)));
    let mut at = 14 * 4 + 80 * 201 * 4;
    let number = |at: usize| i32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!(&file[at..at + 14], b"\x02\0\0\0\x01\0\0\0a\x01\0\0\0b");
    at += 14;
    let mut tensors = BTreeMap::new();
    while at < file.len() {
        let (rank, name, half) = (number(at) as usize, number(at + 4) as usize, number(at + 8) == 1);
        at += 12;
        let dims: Vec<i32> = (0..rank).map(|n| number(at + 4 * n)).collect();
        at += 4 * rank;
        let name = str::from_utf8(&file[at..at + name]).unwrap().to_owned();
        at += name.len();
        let len = dims.iter().product::<i32>() as usize * if half { 2 } else { 4 };
        let data = &file[at..at + len];
        at += len;
        let values = if half {
            data.chunks(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
        } else {
            data.chunks(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        };
        assert!(tensors.insert(name, (dims, values)).is_none());
    }
    tensors
}

#[test]
fn every_tensor_is_written_once_and_fused_ones_are_split() {
    let tensors = read_back(&convert(&Made::new().bytes()).unwrap());
    assert_eq!(tensors.len(), 5 + 15 + 2 + 2 + 24 + 2);
    let row = |name: &str| {
        let (dims, values) = &tensors[name];
        (dims.clone(), values[0])
    };
    for (name, dims, first) in [
        ("encoder.blocks.0.attn.query.weight", vec![4, 4], 0.0),
        ("encoder.blocks.0.attn.key.weight", vec![4, 4], 4.0),
        ("encoder.blocks.0.attn.value.weight", vec![4, 4], 8.0),
        ("encoder.blocks.0.attn.value.bias", vec![4], 8.0),
        ("decoder.blocks.0.cross_attn.key.weight", vec![4, 4], 0.0),
        ("decoder.blocks.0.cross_attn.value.weight", vec![4, 4], 4.0),
        ("decoder.blocks.0.cross_attn.value.bias", vec![4], 4.0),
        ("decoder.blocks.0.mlp.0.weight", vec![4, 16], 0.0),
        ("encoder.conv1.weight", vec![3, 80, 4], 0.0),
        ("encoder.conv1.bias", vec![1, 4], 0.0),
        ("decoder.token_embedding.weight", vec![4, 3], 0.0),
        ("encoder.positional_embedding", vec![4, 6], 0.0),
    ] {
        assert_eq!(row(name), (dims, first), "{name}");
    }
    assert!(!tensors.contains_key("encoder.blocks.0.attn.key.bias"));
    assert_eq!(tensors["encoder.positional_embedding"].1[5], 1.0 + 1.0 / 1024.0);
}

#[test]
fn a_file_that_ends_early_anywhere_is_an_error() {
    let file = Made::new().bytes();
    // The last four bytes are the count of aliases, which nobody needs.
    for len in (0..200).chain((200..file.len() - 4).step_by(97)) {
        assert!(convert(&file[..len]).is_err(), "{len}");
    }
}

#[test]
fn malformed_files_are_named_and_lengths_are_not_believed() {
    let header = |version: u32, name: &str, revision: u32, count: u32| {
        let mut file = version.to_le_bytes().to_vec();
        put_string(&mut file, name);
        file.extend(revision.to_le_bytes());
        file.extend(count.to_le_bytes());
        file
    };
    let claims = |dims: &[u32], bytes: u32| {
        let mut file = header(6, "WhisperSpec", 3, 1);
        put_variable(&mut file, "x", dims, 0, &[]);
        let end = file.len() - 4;
        file[end..].copy_from_slice(&bytes.to_le_bytes());
        file
    };
    let mut nul = 6_u32.to_le_bytes().to_vec();
    nul.extend([1, 0, b'x']);
    let changed = |name: &str, change: fn(&mut Vec<u32>)| {
        let mut made = Made::new();
        change(&mut made.0.iter_mut().find(|(found, _)| found == name).unwrap().1);
        made.bytes()
    };
    let without = |name: &str| {
        let mut made = Made::new();
        made.0.retain(|(found, _)| found != name);
        made.bytes()
    };
    for (file, expected) in [
        (header(7, "WhisperSpec", 3, 0), "version 7"),
        (header(6, "TransformerSpec", 3, 0), "TransformerSpec"),
        (header(6, "WhisperSpec", 4, 0), "revision 4"),
        (nul, "does not end with a NUL"),
        (header(6, "WhisperSpec", 3, u32::MAX), "ends in the middle"),
        (claims(&[1 << 30, 1], u32::MAX), "does not fit its dimensions"),
        (claims(&[0x3fff_ffff], 0xffff_fffc), "ends in the middle of x"),
        (claims(&[u32::MAX; 4], 16), "does not fit its dimensions"),
        (claims(&[0, 80, 3], 0), "does not fit its dimensions"),
        (claims(&[1; 5], 4), "has 5 dimensions"),
        (header(6, "WhisperSpec", 3, 0), "decoder/embeddings/weight is missing"),
        (without("encoder/layer_0/ffn/linear_1/bias"), "encoder/layer_0/ffn/linear_1/bias is missing"),
        (changed("encoder/conv1/weight", |dims| dims[1] = 81), "81 mel bands"),
        (changed("decoder/layer_0/attention/linear_1/bias", |dims| dims[0] = 9), "[9] instead of [8]"),
        (
            changed("decoder/layer_0/self_attention/linear_0/weight", |dims| dims[0] = 8),
            "[8, 4] instead of [12, 4]",
        ),
    ] {
        let error = convert(&file).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} should say {expected:?}");
    }
}

#[test]
fn a_bias_of_keys_and_quantised_weights_are_refused() {
    let file = Made::new().bytes();
    let name = b"decoder/layer_0/attention/linear_1/bias\0";
    let at = file.windows(name.len()).position(|window| window == name).unwrap() + name.len();
    let data = at + 1 + 4 + 1 + 4;
    let mut biased = file.clone();
    biased[data..data + 4].copy_from_slice(&1.0_f32.to_le_bytes());
    assert!(convert(&biased).unwrap_err().to_string().contains("gives keys a bias"));
    // The same four bytes a value, called i32.
    let mut quantised = file;
    quantised[at + 5] = 3;
    assert!(convert(&quantised).unwrap_err().to_string().contains("is quantised"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Damage anywhere gives an error or a file, never a panic and never more than was put in.
    #[test]
    fn damage_never_panics(at in 0_usize..4000, byte: u8) {
        let mut file = Made::new().bytes();
        let at = at % file.len();
        file[at] = byte;
        if let Ok(out) = convert(&file) {
            prop_assert!(out.len() < 80 * 201 * 4 + 2 * file.len());
        }
    }
}
