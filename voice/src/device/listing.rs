//! Which devices there are, and which one is meant.

use cpal::traits::{DeviceTrait as _, HostTrait as _};

use super::{DeviceError, Role};

/// Plugins of ALSA that are no devices, outlets that `plughw` and `sysdefault` have already, and raw hardware without
/// any conversion. What is hidden can't be chosen.
const HIDDEN: [&str; 16] = [
    "null",
    "hw",
    "dmix",
    "dsnoop",
    "front",
    "iec958",
    "jack",
    "lavrate",
    "modem",
    "oss",
    "samplerate",
    "speex",
    "speexrate",
    "upmix",
    "usbstream",
    "vdownmix",
];
/// What the system takes where nothing is chosen.
const DEFAULT: &str = "default";

/// A device that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// From 1, as people choose it; holds until a device comes or goes.
    pub number: usize,
    /// The system's own name; stays.
    pub id: String,
    /// As people know it.
    pub name: String,
}

/// Which device is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The system's default.
    #[default]
    Default,
    /// By its number in the list, its id, its name, or a part of either that fits only one.
    Named(String),
}

/// The devices of a role, the default first.
///
/// # Errors
/// When there is no sound system to ask.
pub fn listed(role: Role) -> Result<Vec<Listed>, DeviceError> {
    Ok(numbered(all(role)?.into_iter().map(|(listed, _)| listed)))
}

fn numbered(devices: impl Iterator<Item = Listed>) -> Vec<Listed> {
    devices.enumerate().map(|(at, device)| Listed { number: at + 1, ..device }).collect()
}

fn all(role: Role) -> Result<Vec<(Listed, cpal::Device)>, DeviceError> {
    let failed = |error: &cpal::Error| DeviceError::from_cpal(role, DEFAULT, error);
    let host = cpal::default_host();
    let default = match role {
        Role::Microphone => host.default_input_device(),
        Role::Loudspeaker => host.default_output_device(),
    };
    let mut devices: Vec<(Listed, cpal::Device)> = Vec::new();
    let found = host.devices().map_err(|error| failed(&error))?.filter(|device| match role {
        Role::Microphone => device.supports_input(),
        Role::Loudspeaker => device.supports_output(),
    });
    for device in default.into_iter().chain(found) {
        let Ok(id) = device.id() else { continue };
        let id = id.id().to_owned();
        if !is_shown(&id) || devices.iter().any(|(known, _)| known.id == id) {
            continue;
        }
        devices.push((Listed { number: 0, name: device.to_string(), id }, device));
    }
    Ok(devices)
}

fn is_shown(id: &str) -> bool {
    let (kind, rest) = id.split_once(':').unwrap_or((id, ""));
    // Each card is there under its name too, which stays when cards come and go.
    let by_number =
        rest.strip_prefix("CARD=").is_some_and(|card| card.starts_with(|c: char| c.is_ascii_digit()));
    !by_number && !kind.starts_with("surround") && !HIDDEN.contains(&kind)
}

impl Choice {
    /// The device that is meant now.
    pub(super) fn find(&self, role: Role) -> Result<(Listed, cpal::Device), DeviceError> {
        let mut devices = all(role)?;
        let list = numbered(devices.iter().map(|(listed, _)| listed.clone()));
        let at = self.position(role, &list)?;
        Ok(devices.swap_remove(at))
    }

    /// The same device by the name that stays when others come and go.
    ///
    /// # Errors
    /// When there is no such device, or more than one.
    pub fn pinned(&self, role: Role) -> Result<Choice, DeviceError> {
        match self {
            Choice::Default => Ok(Choice::Default),
            Choice::Named(_) => Ok(Choice::Named(self.find(role)?.0.id)),
        }
    }

    fn position(&self, role: Role, list: &[Listed]) -> Result<usize, DeviceError> {
        let wanted = match self {
            Choice::Default => DEFAULT,
            Choice::Named(wanted) => wanted.trim(),
        };
        let unknown = || DeviceError::Unknown { role, wanted: wanted.to_owned() };
        if let Some(at) = list.iter().position(|d| d.id == wanted || d.number.to_string() == wanted) {
            return Ok(at);
        }
        let lower = wanted.to_lowercase();
        if let Some(at) = list.iter().position(|d| d.name.to_lowercase() == lower) {
            return Ok(at);
        }
        let part_of = |device: &&Listed| {
            device.name.to_lowercase().contains(&lower) || device.id.to_lowercase().contains(&lower)
        };
        // A number is never a part of a name.
        let is_name = lower.parse::<usize>().is_err() && !lower.is_empty();
        let fitting: Vec<&Listed> = list.iter().filter(|_| is_name).filter(part_of).collect();
        match fitting[..] {
            [] => Err(unknown()),
            [one] => Ok(one.number - 1),
            _ => Err(DeviceError::Ambiguous {
                role,
                wanted: wanted.to_owned(),
                candidates: fitting.iter().map(|device| device.id.clone()).collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, DeviceError, Listed, Role, is_shown, numbered};

    fn list() -> Vec<Listed> {
        let device = |id: &str, name: &str| Listed { number: 0, id: id.into(), name: name.into() };
        numbered(
            [
                device("default", "Default Audio Device"),
                device("pulse", "PulseAudio Sound Server"),
                device("plughw:CARD=PCH,DEV=0", "HDA Intel PCH, ALC257 Analog"),
                device("plughw:CARD=Headset,DEV=0", "USB Headset, USB Audio"),
            ]
            .into_iter(),
        )
    }

    fn chosen(wanted: &str) -> Result<String, DeviceError> {
        let at = Choice::Named(wanted.into()).position(Role::Microphone, &list())?;
        Ok(list()[at].id.clone())
    }

    #[test]
    fn a_device_is_chosen_by_number_id_name_or_a_part_that_fits_one() {
        for wanted in ["4", "plughw:CARD=Headset,DEV=0", "usb headset, usb audio", "headset"] {
            assert_eq!(chosen(wanted).unwrap(), "plughw:CARD=Headset,DEV=0", "{wanted}");
        }
        let at = Choice::Default.position(Role::Loudspeaker, &list()).unwrap();
        assert_eq!(list()[at].id, "default");
    }

    #[test]
    fn what_fits_none_or_several_is_refused_with_what_to_do() {
        for wanted in ["0", "9", "", "Bluetooth"] {
            let error = chosen(wanted).unwrap_err();
            assert!(matches!(error, DeviceError::Unknown { .. }), "{error}");
            assert!(error.to_string().contains("--devices"), "{error}");
        }
        let error = chosen("audio").unwrap_err().to_string();
        assert!(error.contains("default") && error.contains("Headset"), "{error}");
    }

    #[test]
    fn plugins_that_are_no_devices_are_not_shown() {
        for id in ["default", "pulse", "pipewire", "sysdefault:CARD=PCH", "plughw:CARD=PCH,DEV=0", "my_own"] {
            assert!(is_shown(id), "{id}");
        }
        for id in
            ["null", "hw:CARD=PCH,DEV=0", "plughw:CARD=0,DEV=0", "surround51:CARD=PCH,DEV=0", "speexrate"]
        {
            assert!(!is_shown(id), "{id}");
        }
    }
}
