/** What the header compression of SPDY/3 begins with: words as they stand in header blocks, then whatever else is frequent. */
export function headerDictionary(): Uint8Array {
  const encoder = new TextEncoder();
  const parts = words.flatMap((word) => {
    const bytes = encoder.encode(word);
    return [Uint8Array.of(0, 0, 0, bytes.length), bytes];
  });
  const whole = [...parts, encoder.encode(phrases)];
  const dictionary = new Uint8Array(whole.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of whole) {
    dictionary.set(part, offset);
    offset += part.length;
  }
  return dictionary;
}

const words: readonly string[] = [
  ..."options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow".split(" "),
  ..."authorization cache-control connection content-base content-encoding content-language content-length".split(" "),
  ..."content-location content-md5 content-range content-type date etag expect expires from host if-match".split(" "),
  ..."if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma".split(" "),
  ..."proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding".split(" "),
  ..."upgrade user-agent vary via warning www-authenticate method get status".split(" "),
  "200 OK",
  ..."version HTTP/1.1 url public set-cookie keep-alive origin".split(" "),
];

const phrases = [
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information",
  "204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error",
  "501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 ",
  "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,",
  "text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.",
].join("");
