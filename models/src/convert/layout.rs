//! Which tensor of whisper.cpp's is which part of which variable of CTranslate2's, in the order they are written.
//!
//! CTranslate2 fuses query, key and value of self-attention into one matrix, and key and value of cross-attention into
//! another; whisper.cpp wants them apart. Whisper's keys have no bias: CTranslate2 writes zeros there, which are
//! checked and dropped.

use std::io::{Read, Seek};
use std::ops::Range;

use super::ConvertError;
use super::ct2::Model;

/// How a tensor's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    Single,
    Half,
}

/// One tensor to write.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) variable: String,
    pub(super) rows: Range<u64>,
    pub(super) dims: Vec<u64>,
    pub(super) precision: Precision,
}

/// Everything that is written but the filters and the tokens.
#[derive(Debug)]
pub(super) struct Layout {
    /// whisper.cpp's eleven parameters.
    pub(super) parameters: [i32; 11],
    /// Mel bands.
    pub(super) mels: usize,
    /// The tensors, in order.
    pub(super) tensors: Vec<Tensor>,
}

/// `ftype` of a file whose matrices are half precision.
const HALF: i32 = 1;

impl Layout {
    /// Finds every tensor in the model and checks what is dropped.
    pub(super) fn of<R: Read + Seek>(model: &mut Model<R>) -> Result<Self, ConvertError> {
        let layers = |side: &str| {
            let of_side = |name: &&str| name.starts_with(side) && name.ends_with("ffn/linear_0/weight");
            model.names().filter(of_side).count()
        };
        let (encoder_layers, decoder_layers) = (layers("encoder/"), layers("decoder/"));
        let [vocabulary, width] = dims(model, "decoder/embeddings/weight")?;
        let [audio_context, _] = dims(model, "encoder/position_encodings/encodings")?;
        let [text_context, _] = dims(model, "decoder/position_encodings/encodings")?;
        let [_, mels, _] = dims(model, "encoder/conv1/weight")?;
        if mels != 80 && mels != 128 {
            let problem = format!("is for {mels} mel bands; whisper has 80 or 128");
            return Err(ConvertError::Variable { name: "encoder/conv1/weight".into(), problem });
        }
        let parameters = [
            small(vocabulary)?,
            small(audio_context)?,
            small(width)?,
            model.integer("encoder/num_heads")?,
            small(encoder_layers as u64)?,
            small(text_context)?,
            small(width)?,
            model.integer("decoder/num_heads")?,
            small(decoder_layers as u64)?,
            small(mels)?,
            HALF,
        ];
        let mut build = Build { model, width, tensors: Vec::new() };
        build.encoder(encoder_layers)?;
        build.decoder(decoder_layers)?;
        Ok(Self { parameters, mels: mels as usize, tensors: build.tensors })
    }
}

struct Build<'a, R> {
    model: &'a mut Model<R>,
    /// Size of the model's state; the same in encoder and decoder.
    width: u64,
    tensors: Vec<Tensor>,
}

impl<R: Read + Seek> Build<'_, R> {
    fn encoder(&mut self, layers: usize) -> Result<(), ConvertError> {
        self.positions("encoder")?;
        for conv in ["conv1", "conv2"] {
            let (to, from) = (format!("encoder.{conv}"), format!("encoder/{conv}"));
            self.whole(&format!("{to}.weight"), &format!("{from}/weight"))?;
            let [outputs] = dims(self.model, &format!("{from}/bias"))?;
            // whisper.cpp adds it over time, so it is a column, kept in single precision all the same.
            let bias = format!("{from}/bias");
            self.push(format!("{to}.bias"), bias, 0..outputs, vec![outputs, 1], Precision::Single);
        }
        for layer in 0..layers {
            let (to, from) = (format!("encoder.blocks.{layer}"), format!("encoder/layer_{layer}"));
            self.self_attention(&to, &from)?;
            self.feed_forward(&to, &from)?;
        }
        self.norm("encoder.ln_post", "encoder/layer_norm")
    }

    fn decoder(&mut self, layers: usize) -> Result<(), ConvertError> {
        self.positions("decoder")?;
        self.whole("decoder.token_embedding.weight", "decoder/embeddings/weight")?;
        for layer in 0..layers {
            let (to, from) = (format!("decoder.blocks.{layer}"), format!("decoder/layer_{layer}"));
            self.self_attention(&to, &from)?;
            self.cross_attention(&to, &from)?;
            self.feed_forward(&to, &from)?;
        }
        self.norm("decoder.ln", "decoder/layer_norm")
    }

    fn positions(&mut self, side: &str) -> Result<(), ConvertError> {
        let from = format!("{side}/position_encodings/encodings");
        let [rows, width] = dims(self.model, &from)?;
        self.push(
            format!("{side}.positional_embedding"),
            from,
            0..rows,
            vec![rows, width],
            Precision::Single,
        );
        Ok(())
    }

    fn self_attention(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.norm(&format!("{to}.attn_ln"), &format!("{from}/self_attention/layer_norm"))?;
        let (to, from) = (format!("{to}.attn"), format!("{from}/self_attention"));
        self.fused(&to, &format!("{from}/linear_0"), &["query", "key", "value"])?;
        self.linear(&format!("{to}.out"), &format!("{from}/linear_1"))
    }

    fn cross_attention(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.norm(&format!("{to}.cross_attn_ln"), &format!("{from}/attention/layer_norm"))?;
        let (to, from) = (format!("{to}.cross_attn"), format!("{from}/attention"));
        self.linear(&format!("{to}.query"), &format!("{from}/linear_0"))?;
        self.fused(&to, &format!("{from}/linear_1"), &["key", "value"])?;
        self.linear(&format!("{to}.out"), &format!("{from}/linear_2"))
    }

    fn feed_forward(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.norm(&format!("{to}.mlp_ln"), &format!("{from}/ffn/layer_norm"))?;
        self.linear(&format!("{to}.mlp.0"), &format!("{from}/ffn/linear_0"))?;
        self.linear(&format!("{to}.mlp.2"), &format!("{from}/ffn/linear_1"))
    }

    fn fused(&mut self, to: &str, from: &str, names: &[&str]) -> Result<(), ConvertError> {
        let (weight, bias) = (format!("{from}/weight"), format!("{from}/bias"));
        let rows = self.width * names.len() as u64;
        expect(&weight, dims(self.model, &weight)?, [rows, self.width])?;
        expect(&bias, dims(self.model, &bias)?, [rows])?;
        for (at, name) in names.iter().enumerate() {
            let rows = self.width * at as u64..self.width * (at as u64 + 1);
            let square = vec![self.width, self.width];
            self.push(format!("{to}.{name}.weight"), weight.clone(), rows.clone(), square, Precision::Half);
            if *name == "key" {
                self.model.values(&bias, rows, &mut |values| {
                    if values.iter().all(|value| *value == 0.0) {
                        Ok(())
                    } else {
                        let problem = "gives keys a bias, which whisper does not have".into();
                        Err(ConvertError::Variable { name: bias.clone(), problem })
                    }
                })?;
            } else {
                self.push(
                    format!("{to}.{name}.bias"),
                    bias.clone(),
                    rows,
                    vec![self.width],
                    Precision::Single,
                );
            }
        }
        Ok(())
    }

    fn norm(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.whole(&format!("{to}.weight"), &format!("{from}/gamma"))?;
        self.whole(&format!("{to}.bias"), &format!("{from}/beta"))
    }

    fn linear(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.whole(&format!("{to}.weight"), &format!("{from}/weight"))?;
        self.whole(&format!("{to}.bias"), &format!("{from}/bias"))
    }

    fn whole(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        let dims = self.model.variable(from)?.dims.clone();
        let precision = if dims.len() < 2 { Precision::Single } else { Precision::Half };
        self.push(to.to_owned(), from.to_owned(), 0..dims.first().copied().unwrap_or(1), dims, precision);
        Ok(())
    }

    fn push(
        &mut self,
        name: String,
        variable: String,
        rows: Range<u64>,
        dims: Vec<u64>,
        precision: Precision,
    ) {
        self.tensors.push(Tensor { name, variable, rows, dims, precision });
    }
}

fn dims<R: Read + Seek, const N: usize>(model: &Model<R>, name: &str) -> Result<[u64; N], ConvertError> {
    let dims = &model.variable(name)?.dims;
    <[u64; N]>::try_from(dims.as_slice()).map_err(|_| {
        let problem = format!("has the dimensions {dims:?} instead of {N} of them");
        ConvertError::Variable { name: name.to_owned(), problem }
    })
}

fn expect<const N: usize>(name: &str, found: [u64; N], expected: [u64; N]) -> Result<(), ConvertError> {
    if found == expected {
        Ok(())
    } else {
        let problem = format!("has the dimensions {found:?} instead of {expected:?}");
        Err(ConvertError::Variable { name: name.to_owned(), problem })
    }
}

/// A dimension as whisper.cpp writes it.
pub(super) fn small(dim: u64) -> Result<i32, ConvertError> {
    i32::try_from(dim).map_err(|_| ConvertError::Format(format!("a dimension of {dim} is too large")))
}
