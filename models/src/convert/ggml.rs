//! Writing whisper.cpp's file: u32 magic, eleven i32 parameters, the mel filters, the tokens, then tensor after tensor.
//! Little-endian; a tensor's dimensions are written innermost first.

use std::io::{Read, Seek, Write};

use half::f16;

use super::ConvertError;
use super::ct2::Model;
use super::layout::{Layout, Precision, small};
use super::mel;

const MAGIC: u32 = 0x6767_6d6c;

pub(super) fn write<R: Read + Seek>(
    model: &mut Model<R>,
    layout: &Layout,
    tokens: &[Vec<u8>],
    out: &mut dyn Write,
) -> Result<(), ConvertError> {
    let mut bytes = |bytes: &[u8]| out.write_all(bytes).map_err(ConvertError::Write);
    bytes(&MAGIC.to_le_bytes())?;
    for parameter in layout.parameters {
        bytes(&parameter.to_le_bytes())?;
    }
    bytes(&small(layout.mels as u64)?.to_le_bytes())?;
    bytes(&small(mel::BINS as u64)?.to_le_bytes())?;
    for weight in mel::filters(layout.mels) {
        bytes(&weight.to_le_bytes())?;
    }
    bytes(&small(tokens.len() as u64)?.to_le_bytes())?;
    for token in tokens {
        bytes(&small(token.len() as u64)?.to_le_bytes())?;
        bytes(token)?;
    }
    for tensor in &layout.tensors {
        bytes(&small(tensor.dims.len() as u64)?.to_le_bytes())?;
        bytes(&small(tensor.name.len() as u64)?.to_le_bytes())?;
        let kind: i32 = match tensor.precision {
            Precision::Single => 0,
            Precision::Half => 1,
        };
        bytes(&kind.to_le_bytes())?;
        for dim in tensor.dims.iter().rev() {
            bytes(&small(*dim)?.to_le_bytes())?;
        }
        bytes(tensor.name.as_bytes())?;
        let mut encoded = Vec::new();
        model.values(&tensor.variable, tensor.rows.clone(), &mut |values| {
            encoded.clear();
            match tensor.precision {
                Precision::Single => encoded.extend(values.iter().flat_map(|value| value.to_le_bytes())),
                Precision::Half => {
                    encoded.extend(values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()))
                }
            }
            bytes(&encoded)
        })?;
    }
    Ok(())
}
