//! Weights in one format to the format our engines read.
//!
//! Whisper is to be had from the package registries only in CTranslate2's format, and our engine reads whisper.cpp's.
//! [`whisper`] turns the one into the other, byte for byte the same every time, so that the catalogue can pin the hash
//! of the result. Input is not trusted: it is streamed, every length in it is checked against the bytes that are there,
//! and nothing is allocated because a header says so.

mod ct2;
mod ggml;
mod layout;
mod mel;
mod vocabulary;

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

/// Why weights can't be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The input could not be read.
    #[error("the input can't be read: {0}")]
    Read(io::Error),
    /// The output could not be written.
    #[error("the output can't be written: {0}")]
    Write(io::Error),
    /// The input ends too early.
    #[error("the input ends in the middle of {0}")]
    Truncated(String),
    /// The input is not what we know how to convert.
    #[error("not a CTranslate2 whisper model of version 6, revision 3: {0}")]
    Format(String),
    /// A variable is not there.
    #[error("the variable {0} is missing")]
    Missing(String),
    /// A variable is not what it has to be.
    #[error("the variable {name} {problem}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The vocabulary is not one of whisper's.
    #[error("the vocabulary can't be used: {0}")]
    Vocabulary(String),
}

/// Converts a whisper model of CTranslate2 (`model.bin` and `vocabulary.txt`) to whisper.cpp's ggml format, half precision.
pub fn whisper(model: &Path, vocabulary: &Path, out: &mut dyn Write) -> Result<(), ConvertError> {
    let file = File::open(model).map_err(ConvertError::Read)?;
    let vocabulary = fs::read(vocabulary).map_err(ConvertError::Read)?;
    let mut out = BufWriter::with_capacity(1 << 18, out);
    from_reader(BufReader::new(file), &vocabulary, &mut out)?;
    out.flush().map_err(ConvertError::Write)
}

fn from_reader(model: impl Read + Seek, vocabulary: &[u8], out: &mut dyn Write) -> Result<(), ConvertError> {
    let tokens = vocabulary::tokens(vocabulary)?;
    let mut model = ct2::Model::read(model)?;
    let layout = layout::Layout::of(&mut model)?;
    ggml::write(&mut model, &layout, &tokens, out)
}

#[cfg(test)]
mod tests;
