//! CTranslate2's `model.bin`, version 6, little-endian.
//!
//! u32 version, string name, u32 revision, u32 number of variables; each variable a string name, u8 rank, u32 dims, u8
//! type, u32 bytes, data; then aliases, which we don't need. A string is a u16 length that counts a trailing NUL.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;

use half::{bf16, f16};

use super::ConvertError;

/// How a variable's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dtype {
    F32,
    I8,
    I16,
    I32,
    F16,
    Bf16,
}

impl Dtype {
    fn of(code: u8) -> Option<Self> {
        [Self::F32, Self::I8, Self::I16, Self::I32, Self::F16, Self::Bf16].get(usize::from(code)).copied()
    }

    fn size(self) -> u64 {
        match self {
            Self::F32 | Self::I32 => 4,
            Self::I16 | Self::F16 | Self::Bf16 => 2,
            Self::I8 => 1,
        }
    }
}

/// A variable and where its data is. The data is in the file, and every dimension is at least 1.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) dims: Vec<u64>,
    dtype: Dtype,
    offset: u64,
}

/// An opened model: what is in it, and the file to read it from.
pub(super) struct Model<R> {
    file: R,
    variables: BTreeMap<String, Variable>,
}

/// Values read at once.
const BLOCK: u64 = 16 * 1024;

/// No variable of whisper has more than three dimensions.
const MAX_RANK: u8 = 4;

impl<R: Read + Seek> Model<R> {
    /// Reads the list of variables.
    pub(super) fn read(mut file: R) -> Result<Self, ConvertError> {
        let end = file.seek(SeekFrom::End(0)).map_err(ConvertError::Read)?;
        file.rewind().map_err(ConvertError::Read)?;
        let version = u32::from_le_bytes(bytes(&mut file, "the header")?);
        if version != 6 {
            return Err(ConvertError::Format(format!("it is of version {version}")));
        }
        let name = string(&mut file, "the header")?;
        if name != "WhisperSpec" {
            return Err(ConvertError::Format(format!("it is a {name:?}")));
        }
        let revision = u32::from_le_bytes(bytes(&mut file, "the header")?);
        if revision != 3 {
            return Err(ConvertError::Format(format!("it is of revision {revision}")));
        }
        let count = u32::from_le_bytes(bytes(&mut file, "the header")?);
        let mut variables = BTreeMap::new();
        for _ in 0..count {
            let (name, variable) = variable(&mut file, end)?;
            if variables.insert(name.clone(), variable).is_some() {
                return Err(ConvertError::Variable { name, problem: "is there twice".into() });
            }
        }
        Ok(Self { file, variables })
    }

    /// A variable by name.
    pub(super) fn variable(&self, name: &str) -> Result<&Variable, ConvertError> {
        self.variables.get(name).ok_or_else(|| ConvertError::Missing(name.to_owned()))
    }

    /// Every variable's name.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// A whole number of rank 0.
    pub(super) fn integer(&mut self, name: &str) -> Result<i32, ConvertError> {
        let Variable { dims, dtype, offset } = self.variable(name)?.clone();
        self.file.seek(SeekFrom::Start(offset)).map_err(ConvertError::Read)?;
        match (dims.as_slice(), dtype) {
            ([], Dtype::I8) => Ok(i32::from(i8::from_le_bytes(bytes(&mut self.file, name)?))),
            ([], Dtype::I16) => Ok(i32::from(i16::from_le_bytes(bytes(&mut self.file, name)?))),
            ([], Dtype::I32) => Ok(i32::from_le_bytes(bytes(&mut self.file, name)?)),
            (_, Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::F32 | Dtype::F16 | Dtype::Bf16) => {
                Err(ConvertError::Variable {
                    name: name.to_owned(),
                    problem: "is not a single whole number".into(),
                })
            }
        }
    }

    /// Hands the values of some rows (of the first dimension) to `take`, in order and in blocks.
    pub(super) fn values(
        &mut self,
        name: &str,
        rows: Range<u64>,
        take: &mut dyn FnMut(&[f32]) -> Result<(), ConvertError>,
    ) -> Result<(), ConvertError> {
        let Variable { dims, dtype, offset } = self.variable(name)?.clone();
        let problem =
            |problem: &str| ConvertError::Variable { name: name.to_owned(), problem: problem.into() };
        let width: u64 = dims.iter().skip(1).product();
        if rows.start > rows.end || rows.end > dims.first().copied().unwrap_or(1) {
            return Err(problem("has too few rows"));
        }
        let decode: fn(&[u8]) -> f32 = match dtype {
            Dtype::F32 => |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
            Dtype::F16 => |b| f16::from_le_bytes([b[0], b[1]]).to_f32(),
            Dtype::Bf16 => |b| bf16::from_le_bytes([b[0], b[1]]).to_f32(),
            Dtype::I8 | Dtype::I16 | Dtype::I32 => {
                return Err(problem("is quantised: take the float16 or float32 form of the model"));
            }
        };
        let size = dtype.size();
        self.file.seek(SeekFrom::Start(offset + rows.start * width * size)).map_err(ConvertError::Read)?;
        let mut left = (rows.end - rows.start) * width;
        let mut raw = Vec::new();
        let mut block = Vec::new();
        while left > 0 {
            let now = left.min(BLOCK);
            raw.clear();
            let read = (&mut self.file).take(now * size).read_to_end(&mut raw).map_err(ConvertError::Read)?;
            if read as u64 != now * size {
                return Err(ConvertError::Truncated(name.to_owned()));
            }
            block.clear();
            block.extend(raw.chunks_exact(size as usize).map(decode));
            take(&block)?;
            left -= now;
        }
        Ok(())
    }
}

fn variable(file: &mut (impl Read + Seek), end: u64) -> Result<(String, Variable), ConvertError> {
    let name = string(file, "a variable's name")?;
    let [rank] = bytes(file, &name)?;
    let problem = |problem: String| ConvertError::Variable { name: name.clone(), problem };
    if rank > MAX_RANK {
        return Err(problem(format!("has {rank} dimensions")));
    }
    let mut dims = Vec::new();
    for _ in 0..rank {
        dims.push(u64::from(u32::from_le_bytes(bytes(file, &name)?)));
    }
    let [code] = bytes(file, &name)?;
    let dtype = Dtype::of(code).ok_or_else(|| problem(format!("has the unknown type {code}")))?;
    let len = u64::from(u32::from_le_bytes(bytes(file, &name)?));
    let expected = dims.iter().try_fold(dtype.size(), |product, dim| product.checked_mul(*dim));
    if expected != Some(len) || len == 0 {
        return Err(problem(format!("has {len} bytes, which does not fit its dimensions {dims:?}")));
    }
    let offset = file.stream_position().map_err(ConvertError::Read)?;
    if end - offset < len {
        return Err(ConvertError::Truncated(name));
    }
    file.seek(SeekFrom::Start(offset + len)).map_err(ConvertError::Read)?;
    Ok((name, Variable { dims, dtype, offset }))
}

fn bytes<const N: usize>(file: &mut impl Read, what: &str) -> Result<[u8; N], ConvertError> {
    let mut bytes = [0; N];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Err(ConvertError::Truncated(what.to_owned()))
        }
        Err(error) => Err(ConvertError::Read(error)),
    }
}

fn string(file: &mut impl Read, what: &str) -> Result<String, ConvertError> {
    let len = u16::from_le_bytes(bytes(file, what)?);
    let mut text = Vec::new();
    file.take(u64::from(len)).read_to_end(&mut text).map_err(ConvertError::Read)?;
    if text.len() != usize::from(len) {
        return Err(ConvertError::Truncated(what.to_owned()));
    }
    match text.pop() {
        Some(0) => String::from_utf8(text).map_err(|_| ConvertError::Format(format!("{what} is not text"))),
        Some(_) | None => Err(ConvertError::Format(format!("{what} does not end with a NUL"))),
    }
}
