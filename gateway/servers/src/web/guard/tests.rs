use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

const STRICT: Guard = Guard { allow_private: false };
const LENIENT: Guard = Guard { allow_private: true };

fn refused(guard: Guard, url: &str) -> Option<String> {
    guard.parse(url).err().map(|refused| refused.to_string())
}

/// IANA's registries of special-purpose addresses and of multicast, as of 2026: first and last address of each block.
const BLOCKS: &[(&str, &str, Kind)] = &[
    ("0.0.0.0", "0.255.255.255", Kind::Reserved),
    ("10.0.0.0", "10.255.255.255", Kind::Private),
    ("100.64.0.0", "100.127.255.255", Kind::Private),
    ("127.0.0.0", "127.255.255.255", Kind::ThisMachine),
    ("169.254.0.0", "169.254.255.255", Kind::LinkLocal),
    ("172.16.0.0", "172.31.255.255", Kind::Private),
    ("192.0.0.0", "192.0.0.255", Kind::Reserved),
    ("192.0.2.0", "192.0.2.255", Kind::Reserved),
    ("192.31.196.0", "192.31.196.255", Kind::Reserved),
    ("192.52.193.0", "192.52.193.255", Kind::Reserved),
    ("192.88.99.0", "192.88.99.255", Kind::Reserved),
    ("192.168.0.0", "192.168.255.255", Kind::Private),
    ("192.175.48.0", "192.175.48.255", Kind::Reserved),
    ("198.18.0.0", "198.19.255.255", Kind::Reserved),
    ("198.51.100.0", "198.51.100.255", Kind::Reserved),
    ("203.0.113.0", "203.0.113.255", Kind::Reserved),
    ("224.0.0.0", "239.255.255.255", Kind::Multicast),
    ("240.0.0.0", "255.255.255.254", Kind::Reserved),
    ("255.255.255.255", "255.255.255.255", Kind::Multicast),
    ("::", "::", Kind::Reserved),
    ("::1", "::1", Kind::ThisMachine),
    // IPv4-compatible, deprecated.
    ("::2", "::ffff:ffff", Kind::Reserved),
    // IPv4-mapped.
    ("::ffff:0:0", "::ffff:ffff:ffff", Kind::Reserved),
    // NAT64, well-known and local.
    ("64:ff9b::", "64:ff9b::ffff:ffff", Kind::Reserved),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Kind::Reserved),
    // Discard only, and the dummy prefix.
    ("100::", "100::ffff:ffff:ffff:ffff", Kind::Reserved),
    ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", Kind::Reserved),
    // Protocol assignments with Teredo, benchmarks, ORCHIDv2 and DETs.
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Reserved),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Reserved),
    // 6to4.
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Reserved),
    ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", Kind::Reserved),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Reserved),
    // Segment routing.
    ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Reserved),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Private),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::LinkLocal),
    // Site-local, deprecated.
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Reserved),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Multicast),
];

#[test]
fn every_block_that_is_set_aside_is_refused_from_end_to_end() {
    for (first, last, kind) in BLOCKS {
        let (first, last): (IpAddr, IpAddr) = (first.parse().unwrap(), last.parse().unwrap());
        let middle = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                IpAddr::from(Ipv4Addr::from_bits(first.to_bits() + (last.to_bits() - first.to_bits()) / 2))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                IpAddr::from(Ipv6Addr::from_bits(first.to_bits() + (last.to_bits() - first.to_bits()) / 2))
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => unreachable!("one family"),
        };
        for ip in [first, middle, last] {
            assert_eq!(special(ip), Some(*kind), "{ip}");
        }
    }
}

#[test]
fn the_neighbours_of_the_blocks_are_read_from() {
    for ip in [
        "1.0.0.0",
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2000::",
        "2001:200::",
        "2001:4860:4860::8888",
        "2001:db7:ffff::",
        "2001:db9::",
        "2003::",
        "2606:4700::1111",
        "2620:4f:7fff::",
        "2620:4f:8001::",
        "3ffe:ffff::",
        "3fff:1000::",
    ] {
        assert_eq!(special(ip.parse().unwrap()), None, "{ip}");
    }
}

#[test]
fn addresses_are_refused_however_they_are_written() {
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "127.0.0.1.",
        "①②⑦.0.0.1",
        "%31%32%37.0.0.1",
        "10.1.2.3",
        "0xa.0x01.2.3",
        "192.168.1.1",
        "3232235777",
        "169.254.169.254",
        "0xa9fea9fe",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::808:808]",
        "[2002:7f00:1::]",
        "[fd00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[2001::1]",
    ] {
        let said =
            refused(STRICT, &format!("http://{host}/")).unwrap_or_else(|| panic!("{host} is let through"));
        assert!(said.contains(" leads to "), "{host}: {said}");
    }
    assert_eq!(
        refused(STRICT, "http://0x7f.1/").unwrap(),
        "127.0.0.1 leads to this machine itself: only pages on the public internet can be read"
    );
}

#[test]
fn only_plain_web_addresses_are_taken() {
    for (given, wanted) in [
        ("ftp://example.com/", "only http and https pages can be read, not ftp"),
        ("file:///etc/passwd", "only http and https pages can be read, not file"),
        ("javascript:alert(1)", "only http and https pages can be read, not javascript"),
        ("gopher://example.com:70/_x", "only http and https pages can be read, not gopher"),
        ("localhost:8080/x", "only http and https pages can be read, not localhost"),
        ("https://me@example.com/", "the address has a user name or a password in it: leave them out"),
        ("https://me:secret@example.com/", "the address has a user name or a password in it: leave them out"),
        (
            "http://example.com:22/",
            "pages are read from ports 80, 443 and those above 1023, not from port 22",
        ),
        ("http://example.com:0/", "pages are read from ports 80, 443 and those above 1023, not from port 0"),
        ("http://", "the address cannot be read (empty host): give it like https://example.com/page"),
        (
            "two words",
            "the address cannot be read (invalid international domain name): give it like https://example.com/page",
        ),
    ] {
        assert_eq!(refused(STRICT, given).as_deref(), Some(wanted), "{given}");
    }
    let long = format!("https://example.com/{}", "a".repeat(LONGEST_URL));
    assert_eq!(STRICT.parse(&long), Err(Refused::Long(long.len())));
    for (given, wanted) in [
        ("example.com/page", "https://example.com/page"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("HTTP://Example.COM:80", "http://example.com/"),
        ("https://93.184.216.34/", "https://93.184.216.34/"),
    ] {
        assert_eq!(STRICT.parse(given).unwrap().as_str(), wanted);
    }
}

#[test]
fn an_intranet_can_be_allowed_and_nothing_else() {
    for (host, allowed) in [
        ("127.0.0.1", true),
        ("10.0.0.1", true),
        ("192.168.1.1", true),
        ("100.64.0.1", true),
        ("[fd00::1]", true),
        ("[::1]", true),
        ("169.254.169.254", false),
        ("[fe80::1]", false),
        ("0.0.0.0", false),
        ("224.0.0.1", false),
        ("[::ffff:10.0.0.1]", false),
        ("192.0.2.1", false),
        ("[64:ff9b::a00:1]", false),
    ] {
        assert_eq!(LENIENT.parse(&format!("http://{host}/")).is_ok(), allowed, "{host}");
    }
}

/// Answers with addresses that were set.
struct Answers(Vec<IpAddr>);

impl Resolve for Answers {
    fn resolve(&self, _: Name) -> Resolving {
        let found: Vec<_> = self.0.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        Box::pin(std::future::ready(Ok(Box::new(found.into_iter()) as Addrs)))
    }
}

async fn resolved(guard: Guard, answers: &[&str]) -> Result<Vec<String>, String> {
    let answers = answers.iter().map(|ip| ip.parse().unwrap()).collect();
    let names = CheckedNames { names: Arc::new(Answers(answers)), guard };
    let found = names.resolve("site.example".parse().unwrap()).await;
    found.map(|found| found.map(|a| a.ip().to_string()).collect()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_name_leads_only_to_addresses_that_may_be_read_from() {
    let refused = "site.example leads to a private network: only pages on the public internet can be read";
    assert_eq!(resolved(STRICT, &["192.168.0.7"]).await, Err(refused.to_owned()));
    assert_eq!(resolved(STRICT, &["10.0.0.1", "192.168.0.7"]).await, Err(refused.to_owned()));
    let mixed = resolved(STRICT, &["127.0.0.1", "93.184.216.34", "::ffff:10.0.0.1", "2606:4700::1111"]).await;
    assert_eq!(mixed.unwrap(), ["93.184.216.34", "2606:4700::1111"]);
    assert_eq!(resolved(LENIENT, &["192.168.0.7", "169.254.169.254"]).await.unwrap(), ["192.168.0.7"]);
    assert_eq!(resolved(STRICT, &[]).await.unwrap(), Vec::<String>::new());
    let many = vec!["93.184.216.34"; 100];
    assert_eq!(resolved(STRICT, &many).await.unwrap().len(), MOST_ADDRESSES);
}

proptest! {
    #[test]
    fn whatever_carries_an_ipv4_address_inside_is_refused(bits in any::<u32>()) {
        let [high, low] = [(bits >> 16) as u16, bits as u16];
        for ip in [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, high, low),
        ] {
            prop_assert!(STRICT.address("", ip.into()).is_err(), "{ip}");
        }
    }

    #[test]
    fn the_standard_librarys_own_tests_never_pass(v4 in any::<u32>(), v6 in any::<u128>()) {
        let v4 = Ipv4Addr::from_bits(v4);
        if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast()
            || v4.is_documentation() || v4.is_unspecified()
        {
            prop_assert!(special(v4.into()).is_some(), "{v4}");
        }
        let v6 = Ipv6Addr::from_bits(v6);
        if special(v6.into()).is_none() {
            prop_assert_eq!(v6.segments()[0] >> 13, 1);
        }
    }

    #[test]
    fn a_written_address_is_judged_as_what_it_stands_for(bits in any::<u32>()) {
        let ip = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = ip.octets();
        let judged = STRICT.parse(&format!("http://{ip}/")).is_ok();
        for written in [
            format!("{bits}"),
            format!("{bits:#x}"),
            format!("0{bits:o}"),
            format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
            format!("{a}.{}", bits & 0xff_ffff),
            format!("{a}.{b}.{}", bits & 0xffff),
        ] {
            prop_assert_eq!(STRICT.parse(&format!("http://{written}/")).is_ok(), judged, "{}", written);
        }
    }
}
