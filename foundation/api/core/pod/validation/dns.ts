import { type FieldError, invalid, isDnsSubdomain, required } from "@kubets/machinery";
import { validateIp } from "../../../ip-address.ts";
import type { HostAlias, PodDNSConfig } from "../name-resolution.ts";
import type { PodSpec } from "../pod-spec.ts";
import { validateDnsSubdomain } from "./formats.ts";

const mostNameservers = 3;
const mostSearches = 32;
const longestSearchList = 2048;

/** The limits are those of libc's resolver. */
export function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string): readonly FieldError[] {
  if (dnsPolicy === "None") {
    if (dnsConfig === undefined) return [required(field, "must provide `dnsConfig` when `dnsPolicy` is None")];
    if ((dnsConfig.nameservers ?? []).length === 0) {
      return [required(`${field}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None")];
    }
  }
  return dnsConfig === undefined ? [] : validateDnsConfig(dnsConfig, field);
}

function validateDnsConfig({ nameservers = [], searches = [], options = [] }: PodDNSConfig, field: string): readonly FieldError[] {
  return [
    ...(nameservers.length > mostNameservers
      ? [invalid(`${field}.nameservers`, nameservers, `must not have more than ${mostNameservers} nameservers`)]
      : []),
    ...nameservers.flatMap((nameserver, index) => validateIp(nameserver, `${field}.nameservers[${index}]`)),
    ...validateSearches(searches, `${field}.searches`),
    ...options.flatMap(({ name = "" }, index) => (name === "" ? [required(`${field}.options[${index}]`, "must not be empty")] : [])),
  ];
}

function validateSearches(searches: readonly string[], field: string): readonly FieldError[] {
  const length = searches.join(" ").length;
  return [
    ...(searches.length > mostSearches ? [invalid(field, searches, `must not have more than ${mostSearches} search paths`)] : []),
    ...(length > longestSearchList
      ? [invalid(field, searches, `must not have more than ${longestSearchList} characters (including spaces) in the search list`)]
      : []),
    ...searches.flatMap((search, index) => validateSearch(search, `${field}[${index}]`)),
  ];
}

/** A domain, also with underscores, as names of services have them; a dot alone switches searching off. */
function validateSearch(search: string, field: string): readonly FieldError[] {
  if (search === ".") return [];
  const domain = search.endsWith(".") ? search.slice(0, -1) : search;
  if (domain.length <= 253 && domain.split(".").every((label) => /^[a-z0-9_](?:[-_a-z0-9]*[a-z0-9_])?$/.test(label))) return [];
  const problems = isDnsSubdomain(domain);
  return (problems.length === 0 ? ["must be a domain name"] : problems).map((problem) => invalid(field, domain, problem));
}

export function validateHostAliases(aliases: readonly HostAlias[], field: string): readonly FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...(ip === "" ? [] : validateIp(ip, `${field}[${index}].ip`)),
    ...hostnames.flatMap((hostname, nth) => validateDnsSubdomain(hostname, `${field}[${index}].hostnames[${nth}]`)),
  ]);
}
