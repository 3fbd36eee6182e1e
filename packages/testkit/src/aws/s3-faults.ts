import { escapeText, queryXml } from './query-xml.js'
import type { AwsProtocol } from './service.js'

/** How S3 says that it refuses: XML without the envelope of the query protocol. */
export const s3Faults: AwsProtocol = {
  ...queryXml(''),
  contentType: 'application/xml',
  fault: ({ name, message }, requestId) =>
    `<Error><Code>${escapeText(name)}</Code><Message>${escapeText(message)}</Message><RequestId>${requestId}</RequestId></Error>`,
}
