//! Meta's signature over a notice: HMAC-SHA256 of the body's bytes with the app's secret. Comparing takes the same time
//! whatever is wrong.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// What stands before the signature in its header.
const PREFIX: &str = "sha256=";

/// Whether `header` (`X-Hub-Signature-256`) is the signature over `body`. An empty secret signs nothing.
pub(super) fn is_signed(header: Option<&str>, body: &[u8], secret: &SecretString) -> bool {
    let mut given = [0; 32];
    let Some(hex) = header.and_then(|header| header.strip_prefix(PREFIX)) else { return false };
    if hex::decode_to_slice(hex, &mut given).is_err() {
        return false;
    }
    mac(secret, body).is_some_and(|mac| mac.verify_slice(&given).is_ok())
}

/// Whether `given` is the secret.
pub(super) fn is_secret(given: &str, secret: &SecretString) -> bool {
    let known = mac(secret, secret.expose_secret().as_bytes()).map(|mac| mac.finalize().into_bytes());
    let claimed = mac(secret, given.as_bytes());
    known.zip(claimed).is_some_and(|(known, claimed)| claimed.verify(&known).is_ok())
}

fn mac(secret: &SecretString, message: &[u8]) -> Option<Hmac<Sha256>> {
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::new_from_slice(key).ok().filter(|_| !key.is_empty())?;
    mac.update(message);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Python: `hmac.new(b"app secret", body, hashlib.sha256).hexdigest()`.
    const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    const SIGNED: &str = "sha256=f55d1484bc76c3d3ba787f7352b6c81f5dc9b125053b8c278aeadc3b13004236";

    #[test]
    fn only_the_secret_signs_and_only_these_bytes() {
        let secret: SecretString = "app secret".into();
        assert!(is_signed(Some(SIGNED), BODY, &secret));
        let spaced = [BODY, b" "].concat();
        let other = SIGNED.replace("sha256=", "sha1=");
        let longer = format!("{SIGNED}00");
        let wrong = format!("sha256={}", "0".repeat(64));
        for (header, body, secret) in [
            (None, BODY, "app secret"),
            (Some(""), BODY, "app secret"),
            (Some(SIGNED), BODY, "another secret"),
            (Some(SIGNED), BODY, ""),
            (Some(SIGNED), spaced.as_slice(), "app secret"),
            (Some(&other), BODY, "app secret"),
            (Some(&longer), BODY, "app secret"),
            (Some(&wrong), BODY, "app secret"),
            (Some("sha256=zz"), BODY, "app secret"),
        ] {
            assert!(!is_signed(header, body, &secret.into()), "{header:?} {secret}");
        }
    }

    #[test]
    fn the_word_of_the_challenge_is_compared_whole() {
        let secret: SecretString = "between us".into();
        assert!(is_secret("between us", &secret));
        for given in ["", "between", "between us ", "Between us"] {
            assert!(!is_secret(given, &secret), "{given}");
        }
        assert!(!is_secret("", &"".into()));
    }
}
