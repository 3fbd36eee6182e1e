import { definePackage } from '../../tsup.base.js'

export default definePackage({
  index: 'src/index.ts',
  documents: 'src/config/document.ts',
  drivers: 'src/kafka/drivers/index.ts',
  kafkajs: 'src/kafka/drivers/kafkajs/index.ts',
  msk: 'src/msk/index.ts',
  processes: 'src/processes/process-identity.ts',
  storage: 'src/storage/index.ts',
  confluent: 'src/kafka/drivers/confluent/index.ts',
})
