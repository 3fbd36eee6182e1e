import { definePackage } from '../../tsup.base.js'

export default definePackage({
  index: 'src/index.ts',
  documents: 'src/config/document.ts',
  drivers: 'src/kafka/drivers/index.ts',
  kafkajs: 'src/kafka/drivers/kafkajs/index.ts',
  msk: 'src/msk/index.ts',
  confluent: 'src/kafka/drivers/confluent/index.ts',
})
