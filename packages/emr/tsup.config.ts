import { definePackage } from '../../tsup.base.js'

export default definePackage({
  index: 'src/index.ts',
  ec2: 'src/ec2/index.ts',
  eks: 'src/eks/index.ts',
  serverless: 'src/serverless/index.ts',
})
