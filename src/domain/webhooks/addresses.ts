import { BlockList, isIP } from "node:net";

/**
 * Whether an address belongs to the public internet. What the registries of special addresses list as not
 * globally reachable is not: this machine, private and shared networks, link-local (where clouds keep
 * their metadata), multicast, documentation, and every form that carries an IPv4 address inside IPv6.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !specialIpv4.check(address, "ipv4");
  if (family !== 6) return false;
  const bare = address.replace(/%.*$/, "");
  return globalIpv6.check(bare, "ipv6") && !specialIpv6.check(bare, "ipv6");
}

const specialIpv4 = blockList("ipv4", [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
]);

// Outside of 2000::/3 nothing is public: loopback, mapped IPv4, NAT64, unique local, link-local, multicast.
const globalIpv6 = blockList("ipv6", ["2000::/3"]);
const specialIpv6 = blockList("ipv6", ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]);

function blockList(family: "ipv4" | "ipv6", networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}
