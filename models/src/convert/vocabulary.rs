//! Whisper's text tokens as bytes.
//!
//! A vocabulary is written in GPT-2's way: each byte of a token is a printable character, those that are not printable
//! moved up from U+0100. The special tokens, from `<|endoftext|>` on, are not written: whisper.cpp makes them itself.

use super::ConvertError;

/// The tokens of a `vocabulary.txt`, one a line, up to the special ones.
pub(super) fn tokens(text: &[u8]) -> Result<Vec<Vec<u8>>, ConvertError> {
    let text = str::from_utf8(text).map_err(|_| ConvertError::Vocabulary("it is not UTF-8".into()))?;
    let bytes = bytes_by_char();
    let mut tokens = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        if line == "<|endoftext|>" {
            return Ok(tokens);
        }
        let token: Option<Vec<u8>> = line.chars().map(|c| bytes.get(c as usize).copied().flatten()).collect();
        let problem =
            || ConvertError::Vocabulary(format!("line {} has a character that stands for no byte", at + 1));
        tokens.push(token.ok_or_else(problem)?);
    }
    Err(ConvertError::Vocabulary("it has no <|endoftext|>".into()))
}

/// The byte each character stands for, by code point.
fn bytes_by_char() -> Vec<Option<u8>> {
    let printable = |byte: u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut by_char = vec![None; 256];
    for byte in (0..=255).filter(|byte| printable(*byte)) {
        by_char[usize::from(byte)] = Some(byte);
    }
    by_char.extend((0..=255).filter(|byte| !printable(*byte)).map(Some));
    by_char
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_stand_for_bytes_up_to_the_special_tokens() {
        let tokens = tokens("!\nĠthe\nÃ©\nĊ\nŃ\n<|endoftext|>\n<|startoftranscript|>\n".as_bytes()).unwrap();
        let expected: [&[u8]; 5] = [b"!", b" the", "é".as_bytes(), b"\n", &[0xad]];
        assert_eq!(tokens, expected);
        assert_eq!(bytes_by_char().iter().flatten().count(), 256);
    }

    #[test]
    fn what_is_no_vocabulary_is_named() {
        for (text, expected) in [
            (&b"a\nb\n"[..], "no <|endoftext|>"),
            ("a\n日\n".as_bytes(), "line 2 has a character"),
            (&[0xff, 0xfe], "not UTF-8"),
        ] {
            assert!(tokens(text).unwrap_err().to_string().contains(expected));
        }
    }
}
