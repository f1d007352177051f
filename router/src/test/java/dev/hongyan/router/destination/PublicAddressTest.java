package dev.hongyan.router.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublicAddressTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.0.23",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::2]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fdff::1]",
        "[fe80::1]",
        "[febf::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[100::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[2001::1]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[2001:2::1]",
        "[2001:10::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[::8.8.8.8]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::808:808]",
        "[2002:7f00:1::1]",
        "[2002:a00:1::]",
        "[2002:c0a8:1::]",
        "[2606:4700::5efe:a00:1]",
        "[2606:4700::200:5efe:7f00:1]",
        "[4000::1]",
        "[5f00::1]"
      })
  void whatIsOursOrNobodysIsNotPublic(String host) {
    assertThat(PublicAddress.is(PublicAddress.literal(host))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "[2606:4700::1111]",
        "[2400:3200::1]",
        "[2001:4860::8888]",
        "[::ffff:8.8.8.8]",
        "[64:ff9b::808:808]",
        "[2002:808:808::1]",
        "[2606:4700::5efe:808:808]",
        "[2001:200::1]",
        "[3ffe::1]"
      })
  void whatIsGivenOutIsPublic(String host) {
    assertThat(PublicAddress.is(PublicAddress.literal(host))).isTrue();
  }

  @Test
  void anIpv4AddressInsideOfSixteenBytesIsJudgedAsWhatItIs() throws Exception {
    // getByAddress makes IPv4 of a mapped one by itself; the compatible form stays IPv6.
    byte[] compatible = HexFormat.of().parseHex("0000000000000000000000007f000001");
    assertThat(PublicAddress.is(InetAddress.getByAddress(compatible))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "2130706433, 127.0.0.1",
    "0x7f000001, 127.0.0.1",
    "0X7F.1, 127.0.0.1",
    "017700000001, 127.0.0.1",
    "0177.0.0.01, 127.0.0.1",
    "127.1, 127.0.0.1",
    "127.0.1, 127.0.0.1",
    "127.0.0.1., 127.0.0.1",
    "0, 0.0.0.0",
    "0x, 0.0.0.0",
    "0xa9fea9fe, 169.254.169.254",
    "169.254.43518, 169.254.169.254",
    "0251.0376.0251.0376, 169.254.169.254",
    "4294967295, 255.255.255.255",
  })
  void oddNotationsAreTheAddressTheyStandFor(String host, String address) {
    assertThat(PublicAddress.literal(host).getHostAddress()).isEqualTo(address);
    assertThat(PublicAddress.is(PublicAddress.literal(host))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4294967296",
        "1.2.3.256",
        "256.1",
        "1.2.3.4.5",
        "1..2",
        "08",
        "0xg.1",
        "a.1",
        "99999999999999999999",
        "1.16777216",
        "[::g]",
        "[fe80::1%nosuchinterface]",
        "[1.2.3.4"
      })
  void whatLooksLikeAnAddressButIsNoneIsNeitherThatNorAName(String host) {
    assertThatThrownBy(() -> PublicAddress.literal(host))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"example.com", "localhost", "1.2.3.4.example", "0x7f.1.com", "1e100.net"})
  void namesAreNoAddresses(String host) {
    assertThat(PublicAddress.literal(host)).isNull();
  }
}
